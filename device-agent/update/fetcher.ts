import type { Clock, Log, Random } from '../../platform/ports.ts';
import type { Progress } from '../../schemas/generated/types.ts';
import type { BringErrand, Brought, Courier, Failure } from '../courier/courier.ts';
import { type FetchMemory, nothingFetched } from '../download/fetch-memory.ts';
import { RetryPause, type RetryTerms } from '../download/retry.ts';
import type { LinkAllowance } from '../links/link-terms.ts';
import type { Aside } from '../neighbours/aside.ts';
import type { BundleIntake } from './bundle-intake.ts';
import type { EngineEvent } from './decide.ts';
import type { SignedDeployment } from './slots.ts';
import type { Slot } from './state.ts';

/** Failures of the link in a row before they are reported: until then it is just a link. */
const quietFailures = 3;

/** Where it is fetched from: over no link it comes from neighbours alone. */
export type FetchFrom = 'anywhere' | 'neighbours';

type Carried = Pick<BundleIntake, 'pathFor' | 'brought' | 'failed'>;

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

type Lasting = Pick<FetchMemory, 'parcelHungAt' | 'aside' | 'exitsAside'>;

/** What the next deployment should know too. */
function lastingOf({ parcelHungAt, aside, exitsAside }: FetchMemory): Lasting {
  return {
    ...(parcelHungAt === undefined ? {} : { parcelHungAt }),
    ...(aside === undefined ? {} : { aside }),
    ...(exitsAside === undefined ? {} : { exitsAside }),
  };
}

/** Brings one deployment at a time, attempt after attempt, until it is there or another is wanted. */
export class Fetcher {
  readonly #courier: Courier;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pause: RetryPause;
  readonly #emit: (event: EngineEvent) => void;
  readonly #onProgress: () => void;
  readonly #turn: Turn;
  readonly #isRepairing: boolean;
  readonly #allowances: () => readonly LinkAllowance[];
  readonly #exits: () => readonly string[];
  readonly #bundles: Carried | undefined;
  #abort = new AbortController();
  /** What the attempts at the deployment that was fetched last came to know, whatever came between them. */
  #known: { readonly sequence: number; readonly memory: FetchMemory } = { sequence: 0, memory: nothingFetched };
  #progress: Progress | undefined;

  constructor(options: {
    readonly courier: Courier;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly emit: (event: EngineEvent) => void;
    readonly onProgress: () => void;
    /** Shared by all that fetch. */
    readonly turn: Turn;
    /** Whether it brings again what is installed, not what is new. */
    readonly isRepairing: boolean;
    /** What may go over which link now. */
    readonly allowances: () => readonly LinkAllowance[];
    /** Interfaces that modules may be held to, the one to take first before the others. */
    readonly exits: () => readonly string[];
    /** Where what is carried by hand comes from. */
    readonly bundles?: Carried;
  }) {
    this.#courier = options.courier;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#pause = new RetryPause(options.clock, options.random);
    this.#emit = options.emit;
    this.#onProgress = options.onProgress;
    this.#turn = options.turn;
    this.#isRepairing = options.isRepairing;
    this.#allowances = options.allowances;
    this.#exits = options.exits;
    this.#bundles = options.bundles;
  }

  /**
   * Starts fetching this deployment instead of any other; the modules `held` stay, all of them when that is not known. `updates` are
   * names of releases of which another is there.
   */
  start(
    { sequence }: Slot,
    signed: SignedDeployment,
    held: ReadonlySet<string> | undefined,
    updates: readonly string[],
    from: FetchFrom,
  ): void {
    this.stop();
    this.#abort = new AbortController();
    const errand = { ...signed, isInstalled: this.#isRepairing, updates, ...(held && { held: [...held] }) };
    const { signal } = this.#abort;
    if (from === 'anywhere') void this.#run(sequence, errand, signal);
    else void this.#runOffLink(sequence, { ...errand, isOffLink: true }, signal);
  }

  stop(): void {
    this.#abort.abort();
    this.#progress = undefined;
  }

  /** The link came back: try now. */
  nudge(): void {
    this.#pause.nudge();
  }

  /** How far the fetch under way is; undefined before that is known. */
  progress(): Progress | undefined {
    return this.#progress;
  }

  /** Neighbours that are asked for nothing now. */
  aside(): readonly Aside[] {
    const now = this.#clock.monotonic();
    return (this.#known.memory.aside ?? []).filter(({ untilAt }) => untilAt > now);
  }

  async #run(sequence: number, errand: Omit<BringErrand, 'memory'>, signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (;;) {
      const doneBefore = this.#progress?.bytesDone ?? 0;
      const result = await this.#attempt(sequence, errand, signal);
      if (signal.aborted) return;
      if (result.kind === 'brought') {
        this.#over();
        this.#bundles?.brought(sequence);
        this.#emit({ kind: 'fetched', sequence, downloads: result.downloads });
        return;
      }
      if (this.#bundles?.pathFor(sequence) !== undefined) return this.#leaveBundle(result, sequence);
      failures = (this.#progress?.bytesDone ?? 0) > doneBefore ? 1 : failures + 1;
      this.#tell(result, sequence, failures);
      const when = await this.#pauseAfter(failures, result, signal);
      if (when === 'over') return;
      // A name or an address may come a moment after the link: the next pauses are short ones again.
      if (when === 'early' && result.isLink) failures = 0;
    }
  }

  /** Asks neighbours again and again, and says nothing of that: why nothing comes over the link is told. */
  async #runOffLink(sequence: number, errand: Omit<BringErrand, 'memory'>, signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (;;) {
      const doneBefore = this.#progress?.bytesDone ?? 0;
      const result = await this.#attempt(sequence, errand, signal);
      if (signal.aborted) return;
      if (result.kind === 'brought') return this.#emit({ kind: 'way-changed', sequence });
      failures = (this.#progress?.bytesDone ?? 0) > doneBefore ? 1 : failures + 1;
      const when = await this.#pauseAfter(failures, { isLink: true, isOffLink: true }, signal);
      if (when === 'over') return;
      if (when === 'early') failures = 0;
    }
  }

  /** `over` where it is to be fetched no more. */
  #pauseAfter(failures: number, terms: RetryTerms, signal: AbortSignal): Promise<'due' | 'early' | 'over'> {
    return this.#pause.wait(failures, terms, signal).catch(() => 'over' as const);
  }

  /** What was come to know of a deployment that is there is nothing to the next time it is fetched. */
  #over(): void {
    this.#progress = undefined;
    this.#known = { sequence: 0, memory: this.#knownOf(0) };
  }

  #knownOf(sequence: number): FetchMemory {
    const { sequence: last, memory } = this.#known;
    return last === sequence ? memory : { ...nothingFetched, ...lastingOf(memory) };
  }

  #attempt(sequence: number, errand: Omit<BringErrand, 'memory'>, signal: AbortSignal): Promise<Brought['result']> {
    return this.#turn.take(async () => {
      const { result, memory } = await this.#bring({ ...errand, memory: this.#knownOf(sequence) }, signal);
      this.#known = { sequence, memory };
      return result;
    });
  }

  #bring(errand: BringErrand, signal: AbortSignal): Promise<Brought> {
    const onProgress = (progress: Progress): void => {
      if (signal.aborted) return;
      this.#progress = progress;
      this.#onProgress();
    };
    const bundle = this.#bundles?.pathFor(errand.deployment.sequence);
    if (bundle !== undefined) return this.#courier.bring({ ...errand, bundle }, onProgress, signal);
    const [links, exits] = [this.#allowances(), this.#exits()];
    const terms = { ...(links.length === 0 ? {} : { links }), ...(exits.length < 2 ? {} : { exits }) };
    return this.#courier.bring({ ...errand, ...terms }, onProgress, signal);
  }

  #leaveBundle({ problem }: Failure, sequence: number): void {
    this.#emit({ kind: 'fetch-failed', sequence, problem: { ...problem, sequence } });
    this.#bundles?.failed(sequence, problem);
  }

  #tell({ problem, isLink }: Failure, sequence: number, failures: number): void {
    this.#log.write('debug', 'fetch.failed', { sequence, code: problem.code, failures, reason: problem.message });
    if (isLink && failures < quietFailures) return;
    this.#emit({ kind: 'fetch-failed', sequence, problem: { ...problem, sequence } });
  }
}
