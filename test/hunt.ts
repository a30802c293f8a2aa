/**
 * The test run takes a share of the cases of which there are many alike; `FLEET_HUNT=1 npx ava FILE` takes them all, and for
 * the files that know of it takes minutes.
 */
export const isHunt = process.env.FLEET_HUNT === '1';

/** All in a hunt; in the test run one of them, by whose turn it is. */
export function inTurns<T>(all: readonly T[], turn: number): readonly T[] {
  return isHunt ? all : [all[turn % all.length]!];
}
