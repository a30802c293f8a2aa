import type { Clock, Log } from '../../platform/ports.ts';
import { afterEnded, afterHeld, dueMs, type Silences, unknownSilences } from './silences.ts';

/** Where a session lies, as far as that tells whether it is still there. */
export interface WatchedSession {
  /** When the broker was heard last, by the monotonic clock. */
  readonly heardMs: number;
  /** The longest silence after which it was heard. */
  readonly borneMs: number;
  /** How long it had been silent when it was asked for the word that has not come since; undefined where none is awaited. */
  readonly unansweredMs: number | undefined;
  /** Whether the broker answers; it may take for ever. */
  probe(): Promise<boolean>;
}

/**
 * Silences, one after the other, after which a session says that it is there, long before its usual sign: a link that came a moment ago is
 * the likeliest to be gone without a word, and one that was there for minutes will be for longer. They cost some 500 bytes a session.
 */
const earlyMs: readonly number[] = [60_000, 300_000];

/** Who is taken again so soon was forgotten; after longer it was the link that was gone. */
const returnMsMax = 15_000;

/** So many ways out are remembered, those taken last. */
const waysMax = 8;

/** What signs are given by. */
export interface SignsOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly log: Log;
  /** A session that was silent for so long says so by itself. */
  readonly keepAliveMs: number;
  /** The interface that leads out; undefined where nobody knows which. */
  readonly wayOut: () => string | undefined;
}

/** A session that was found dead, and after what silence. */
interface Death {
  readonly way: string;
  readonly silenceMs: number;
  readonly atMs: number;
}

/** The silence after which the next sign is due, of a session that gave its last early one after so long. */
function nextSilence(known: Silences, lastMs: number): number | undefined {
  const due = dueMs(known);
  const early = earlyMs.find((ms) => ms > lastMs && (due === undefined ? ms > known.longestMs : ms < due));
  return early ?? due;
}

/**
 * Signs of sessions: early ones of the young, and where a link was seen to forget who is silent, as often as it takes to stay in its mind.
 * What each way out bears is remembered until the agent ends: to find it out anew takes a few sessions.
 */
export class Signs {
  readonly #options: SignsOptions;
  readonly #known = new Map<string, Silences>();
  #death: Death | undefined;

  constructor(options: SignsOptions) {
    this.#options = options;
  }

  /** Watches a session from its start until that is disposed of. */
  watch(session: WatchedSession): Disposable {
    const { clock, wayOut } = this.#options;
    const way = wayOut() ?? '';
    this.#mourn(way);
    let timer: Disposable | undefined;
    const wait = (lastMs: number): void => {
      const silenceMs = nextSilence(this.#of(way), lastMs);
      if (silenceMs === undefined) return;
      const silentMs = clock.monotonic() - session.heardMs;
      timer = clock.after(Math.max(0, silenceMs - silentMs), () => {
        if (clock.monotonic() - session.heardMs < silenceMs) return wait(lastMs);
        void session.probe().then((isAnswered) => {
          if (!isAnswered) return;
          this.#held(way, silenceMs);
          if (timer !== undefined) wait(silenceMs);
        });
      });
    };
    wait(0);
    return {
      [Symbol.dispose]: () => {
        timer?.[Symbol.dispose]();
        timer = undefined;
        this.#ended(way, session);
      },
    };
  }

  #of(way: string): Silences {
    return this.#known.get(way) ?? unknownSilences;
  }

  #held(way: string, silenceMs: number): void {
    this.#learn(way, afterHeld(this.#of(way), silenceMs));
  }

  /** What else was heard after a silence tells too; an end by which nobody was silent tells nothing. */
  #ended(way: string, { heardMs, borneMs, unansweredMs }: WatchedSession): void {
    const { clock, keepAliveMs } = this.#options;
    const known = this.#of(way);
    if (borneMs > known.heldMs) this.#held(way, borneMs);
    const atMs = clock.monotonic();
    const silenceMs = unansweredMs ?? atMs - heardMs;
    this.#death = unansweredMs === undefined && silenceMs < keepAliveMs ? undefined : { way, silenceMs, atMs };
  }

  /** A session begins: what became of the one before it is known by that. */
  #mourn(way: string): void {
    const death = this.#death;
    this.#death = undefined;
    if (death?.way !== way || this.#options.clock.monotonic() - death.atMs > returnMsMax) return;
    if (death.silenceMs >= earlyMs[0]!) this.#learn(way, afterEnded(this.#of(way), death.silenceMs));
  }

  #learn(way: string, known: Silences): void {
    const before = dueMs(this.#of(way));
    // The one used last is the last of the map.
    this.#known.delete(way);
    this.#known.set(way, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > waysMax && oldest !== undefined) this.#known.delete(oldest);
    if (dueMs(known) !== before) this.#tell(way, known);
  }

  #tell(way: string, known: Silences): void {
    const seconds = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : Math.round(ms / 1000);
    const fields = {
      interface: way,
      everySeconds: seconds(dueMs(known)),
      forgottenAfterSeconds: seconds(known.endedMs),
    };
    this.#options.log.write('info', 'link.signs', fields);
  }
}
