/** How a try at a session came to its end. */
export type SessionEnd =
  /** Nobody was reached: trying costs a few packets, or nothing at all while there is no link. */
  | 'unreachable'
  /** Reached, and it came to nothing: a handshake of 5 KB for nothing. */
  | 'refused'
  /** Something was exchanged, but not for long. */
  | 'short'
  /** It lived long enough to be a good one. */
  | 'steady';

const firstMs = 1_000;
/** A contact may last a minute or two: whoever can be reached is not kept waiting for longer than that. */
const msMax: Readonly<Record<SessionEnd, number>> = {
  ...{ unreachable: 60_000, refused: 300_000, short: 60_000, steady: 60_000 },
};

/**
 * How long to stay away after the `failures`-th failure in a row (1 for the first). Doubles up to a ceiling; the lower half is
 * by chance, so that the devices of a site do not come back in step when their link does.
 */
export function reconnectDelayMs(end: SessionEnd, failures: number, fraction: number): number {
  const ceiling = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), msMax[end]);
  return ceiling / 2 + (ceiling / 2) * fraction;
}
