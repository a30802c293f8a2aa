import type { Wanter } from './who-fetches.ts';

/** Who fetches and gets no further for this long is not waited for: its link may be gone. */
const stallMsMax = 60_000;

/** Who is to fetch has begun by then. */
const beginMsMax = 20_000;

/** How far somebody was when that last changed. */
interface Sight {
  readonly done: number;
  /** Whether it has begun: who begins again and again gets no further by that. */
  readonly hasBegun: boolean;
  readonly atMs: number;
}

/** Whether those that are waited for get on; times are of the monotonic clock. */
export class Waits {
  readonly #sights = new Map<string, Sight>();
  readonly #given = new Set<string>();

  /** Of those that are seen now, who gets on, or may yet begin. Who did not is not waited for any more. */
  gettingOn(wanters: readonly Wanter[], nowMs: number): readonly Wanter[] {
    return wanters.filter((wanter) => this.#getsOn(wanter, nowMs));
  }

  #getsOn({ device, done, isFetching }: Wanter, nowMs: number): boolean {
    if (this.#given.has(device)) return false;
    const before = this.#sights.get(device);
    const hasBegun = isFetching || before?.hasBegun === true;
    const hasMoved = before === undefined || done > before.done || hasBegun !== before.hasBegun;
    if (hasMoved) this.#sights.set(device, { done, hasBegun, atMs: nowMs });
    const sinceMs = hasMoved ? 0 : nowMs - before.atMs;
    const isLost = sinceMs >= (isFetching ? stallMsMax : beginMsMax);
    if (isLost) this.#given.add(device);
    return !isLost;
  }
}
