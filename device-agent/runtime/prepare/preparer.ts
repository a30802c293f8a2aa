import type { ChildProcess, Clock, Processes } from '../../../platform/ports.ts';
import type { PrepareOutcome, PrepareWork } from './protocol.ts';

/** How long one module may take; the admission rule keeps honest ones far below. */
const prepareMsMax = 60_000;

/** What preparing needs. */
export interface PreparerOptions {
  readonly processes: Pick<Processes, 'start'>;
  readonly clock: Clock;
  /** The preparing program. */
  readonly file: string;
}

/**
 * Has modules prepared by a process of its own, which takes the memory along when it goes, and is ended when a module takes it
 * too long. Nothing is prepared twice at once.
 */
export class Preparer {
  readonly #options: PreparerOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PreparerOptions) {
    this.#options = options;
  }

  /** Prepares all, one after the other; never rejects. */
  prepare(works: readonly PrepareWork[]): Promise<readonly PrepareOutcome[]> {
    const done = this.#last.then(() => this.#run(works));
    this.#last = done;
    return done;
  }

  async #run(works: readonly PrepareWork[]): Promise<readonly PrepareOutcome[]> {
    const outcomes: PrepareOutcome[] = [];
    let child: ChildProcess | undefined;
    for (const work of works) {
      child ??= this.#options.processes.start(this.#options.file, []);
      const outcome = await this.#one(child, work);
      if (outcome === 'gone') child = undefined;
      outcomes.push(
        outcome === 'gone'
          ? { kind: 'failed', message: 'making it ready took more time or memory than there is' }
          : outcome,
      );
    }
    child?.kill('SIGKILL');
    return outcomes;
  }

  #one(child: ChildProcess, work: PrepareWork): Promise<PrepareOutcome | 'gone'> {
    return new Promise((resolve) => {
      const deadline = this.#options.clock.after(prepareMsMax, () => child.kill('SIGKILL'));
      const end = (outcome: PrepareOutcome | 'gone'): void => {
        deadline[Symbol.dispose]();
        resolve(outcome);
      };
      child.onMessage((outcome) => end(outcome as PrepareOutcome));
      child.onExit(() => end('gone'));
      child.send(work);
    });
  }
}
