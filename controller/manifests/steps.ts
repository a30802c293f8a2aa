/**
 * Long pure work, cut where others may have their turn: whoever drives it decides after each step whether to go on at once.
 * Steps are far shorter than a turn, and what is made between them is seen by nobody else.
 */
export type Steps<T> = Generator<typeof pauseNow, T, undefined>;

/** A place to pause. */
export const pauseNow = undefined;

/** Items that are taken in one step: a pause costs as much as a simple one of them, with its look at the clock, and passes everybody who waits for it. */
const itemsPerStep = 16;

/** Takes one item after the other, with pauses between some. */
export function* forEachInSteps<T>(items: Iterable<T>, take: (item: T) => void): Steps<void> {
  let count = 0;
  for (const item of items) {
    take(item);
    count += 1;
    if (count % itemsPerStep === 0) yield pauseNow;
  }
}

/** All of it at once. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Pauses by `pause` whenever `isOver` says that the turn has been long enough. */
export async function runInTurns<T>(
  steps: Steps<T>,
  turn: { readonly isOver: () => boolean; readonly pause: () => Promise<void> },
): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (turn.isOver()) await turn.pause();
  }
}
