/** How fast modules come over a link, by the last few downloads that took long enough to tell. Pure. */

/** What came of modules in one answer after its first piece, and how long that took: before it nothing says when the link began. */
export interface Flow {
  readonly bytes: number;
  readonly ms: number;
}

/** Told of what came, over an interface or the one that leads out. */
export type ModulesCame = (flow: Flow, via?: string) => void;

/** Less than that tells of buffers and of the beginning of a connection, not of a link. */
const tellingBytes = 16_384;
const tellingMs = 1_000;

/** So many are kept: a link that is better or worse by now is known as such after half of them. */
const ratesMax = 5;

/** The rates with that of one more download, the newest last, in bits per second. */
export function withFlow(rates: readonly number[] | undefined, { bytes, ms }: Flow): readonly number[] {
  const known = rates ?? [];
  if (bytes < tellingBytes || ms < tellingMs) return known;
  return [...known, Math.max(1, Math.round((bytes * 8_000) / ms))].slice(-ratesMax);
}

/** The rate to be expected, which no single download decides: the middle one, of two the lower. Undefined where none was seen. */
export function usualRate(rates: readonly number[] | undefined): number | undefined {
  const sorted = [...(rates ?? [])].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >>> 1];
}
