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
 * After a contact the next one may last for seconds only, and what is to come needs some of them: for about an hour a packet asks for it
 * every eleven seconds at the latest. That takes 55 KB an hour where the link is there and the broker is not; later less than a third of it.
 */
const eager = { tries: 220, msMax: 8_000 } as const;

/** How many tries came to each end, since a session was a good one. */
export type Failures = Readonly<Record<SessionEnd, number>>;

/** Before the first try. */
export const noFailures: Failures = { unreachable: 0, refused: 0, short: 0, steady: 0 };

/**
 * Each kind is counted by itself: that nobody was reached for long says nothing of how the broker takes this device, and a handshake
 * that a cut came between is tried again at once.
 */
export function afterEnd(failures: Failures, end: SessionEnd): Failures {
  if (end === 'steady') return { ...noFailures, steady: 1 };
  const before = end === 'unreachable' ? failures : { ...failures, unreachable: 0 };
  return { ...before, [end]: before[end] + 1 };
}

/**
 * How long to stay away after the `failures`-th failure in a row (1 for the first). Doubles up to a ceiling; the lower half is
 * by chance, so that the devices of a site do not come back in step when their link does.
 */
export function reconnectDelayMs(end: SessionEnd, failures: number, fraction: number): number {
  const most = end === 'unreachable' && failures <= eager.tries ? eager.msMax : msMax[end];
  const ceiling = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), most);
  return ceiling / 2 + (ceiling / 2) * fraction;
}

/**
 * How long a try waits to be taken, after so many to which nobody answered. The machine asks at growing distances (0, 1, 3, 7, 15 s), so a new
 * try asks sooner than one that waits; every fourth one waits for links on which an answer takes so long. Each ends 3 s after it asked
 * last: one of 30 s was silent for the second half of them, in which a window of 20 s came and was missed.
 */
export function connectMsMax(unreachable: number): number {
  return unreachable % 4 === 3 ? 18_000 : 10_000;
}
