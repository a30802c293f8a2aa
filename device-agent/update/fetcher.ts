import type { Clock, Log, Random } from '../../platform/ports.ts';
import type { Deployment, Progress } from '../../schemas/generated/types.ts';
import { DeploymentFetch } from '../download/fetch-deployment.ts';
import type { DownloadContext } from '../download/fetch-module.ts';
import type { ReleaseMetadata } from '../download/metadata.ts';
import { RetryPause } from '../download/retry.ts';
import type { EngineEvent } from './decide.ts';
import { isLinkFailure, problemOf } from './problem-of.ts';
import type { Slot } from './state.ts';

/** Failures of the link in a row before they are reported: until then it is just a link. */
const quietFailures = 3;

/** Lets one attempt at a time happen: two would write the same files. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `work` once everything before it is done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }
}

/** Brings one deployment at a time, attempt after attempt, until it is there or another is wanted. */
export class Fetcher {
  readonly #context: DownloadContext;
  readonly #metadata: ReleaseMetadata;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #pause: RetryPause;
  readonly #emit: (event: EngineEvent) => void;
  readonly #onProgress: () => void;
  readonly #turn: Turn;
  readonly #isRepairing: boolean;
  #abort = new AbortController();
  #fetch: DeploymentFetch | undefined;

  constructor(options: {
    readonly context: DownloadContext;
    readonly metadata: ReleaseMetadata;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly emit: (event: EngineEvent) => void;
    readonly onProgress: () => void;
    /** Shared by all that fetch. */
    readonly turn: Turn;
    /** Whether it brings again what is installed, not what is new. */
    readonly isRepairing: boolean;
  }) {
    this.#context = options.context;
    this.#metadata = options.metadata;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#pause = new RetryPause(options.clock, options.random);
    this.#emit = options.emit;
    this.#onProgress = options.onProgress;
    this.#turn = options.turn;
    this.#isRepairing = options.isRepairing;
  }

  /** Starts fetching this deployment instead of any other. */
  start(slot: Slot, deployment: Deployment): void {
    this.stop();
    this.#abort = new AbortController();
    this.#fetch = new DeploymentFetch(this.#context, this.#clock, this.#metadata, deployment, this.#isRepairing);
    void this.#run(slot, this.#fetch, this.#abort.signal);
  }

  stop(): void {
    this.#abort.abort();
    this.#fetch = undefined;
  }

  /** The link came back: try now. */
  nudge(): void {
    this.#pause.nudge();
  }

  /** How far the fetch under way is. */
  progress(): Progress | undefined {
    return this.#fetch?.progress();
  }

  async #run({ sequence }: Slot, fetch: DeploymentFetch, signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (;;) {
      const before = fetch.progress().bytesDone;
      try {
        const downloads = await this.#turn.take(() => fetch.attempt(this.#onProgress, signal));
        if (signal.aborted) return;
        this.#fetch = undefined;
        this.#emit({ kind: 'fetched', sequence, downloads });
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures = fetch.progress().bytesDone > before ? 1 : failures + 1;
        this.#tell(error, sequence, failures);
      }
      try {
        await this.#pause.wait(failures, signal);
      } catch {
        return;
      }
    }
  }

  #tell(error: unknown, sequence: number, failures: number): void {
    const problem = problemOf(error, 'METADATA', sequence);
    this.#log.write('debug', 'fetch.failed', { sequence, code: problem.code, failures, error });
    if (isLinkFailure(error) && failures < quietFailures) return;
    this.#emit({ kind: 'fetch-failed', sequence, problem });
  }
}
