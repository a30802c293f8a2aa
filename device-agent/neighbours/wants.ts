import type { Clock } from '../../platform/ports.ts';

/** A module that a device is on its way to and does not have. */
export interface Want {
  readonly sha256: string;
  /** Bytes of it that came over the link so far, in whatever form. */
  readonly done: number;
  /** Whether it is being fetched over the link now. */
  readonly isFetching: boolean;
}

/** How often it is told that a module gets on. */
const tellMs = 1_000;

/** So many are told. */
const wantsMax = 64;

/** What this device wants, as its neighbours are told: of several one fetches, and the others wait for it. */
export class Wants {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #tell: (wants: readonly Want[]) => void;
  readonly #wants = new Map<string, Want>();
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>, tell: (wants: readonly Want[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** It is wanted, and nothing of it is asked for yet. */
  wanted(sha256: string, done: number): void {
    this.#wants.set(sha256, { sha256, done, isFetching: false });
    this.#tellAll();
  }

  /** It comes over the link, and so much is there. */
  fetching(sha256: string, done: number): void {
    const before = this.#wants.get(sha256);
    this.#wants.set(sha256, { sha256, done, isFetching: true });
    const isOften = this.#clock.monotonic() - this.#toldAt < tellMs;
    if (before?.isFetching !== true || !isOften) this.#tellAll();
  }

  /** It is there. */
  there(sha256: string): void {
    if (this.#wants.delete(sha256)) this.#tellAll();
  }

  /** The attempt is over: nothing is being fetched. */
  rest(): void {
    for (const want of this.#wants.values()) this.#wants.set(want.sha256, { ...want, isFetching: false });
    this.#tellAll();
  }

  #tellAll(): void {
    this.#toldAt = this.#clock.monotonic();
    this.#tell([...this.#wants.values()].slice(0, wantsMax));
  }
}

/** The header by which a door tells of a module that is not there. */
export const wantHeader = 'x-fleet-wants';

/** What stands in it. */
export function wantText({ done, isFetching }: Want): string {
  return `${isFetching ? 'fetching' : 'waiting'} ${done}`;
}

/** What it says; undefined where it is none. */
export function parseWant(text: string | undefined): Omit<Want, 'sha256'> | undefined {
  const [, state, done] = /^(fetching|waiting) (\d{1,15})$/.exec(text ?? '') ?? [];
  return state === undefined ? undefined : { done: Number(done), isFetching: state === 'fetching' };
}
