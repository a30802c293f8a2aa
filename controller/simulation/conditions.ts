/** When the conditions (`when`) of the devices of one place are true: nobody on shore can know that, and a share is assumed. */
import type { SimRandom } from '../../platform/simulated/random.ts';
import { Alternation, type Stretch } from './alternation.ts';

/** From where they become true to where they do again, in the mean. */
const roundMs = 24 * 3_600_000;

/** True for `share` of the time, in [0, 1], in stretches of chance from `start` on; all conditions of the place at once. */
export function conditionsOf(share: number, random: SimRandom, start: number): (now: number) => Stretch {
  if (share === 0 || share === 1) return () => ({ isUp: share === 1, until: Number.POSITIVE_INFINITY });
  const lengthOf = (isUp: boolean): number => random.exponential(roundMs * (isUp ? share : 1 - share));
  const isUp = random.chance(share);
  const turns = new Alternation({ isUp, until: start + lengthOf(isUp) }, lengthOf);
  return (now) => turns.at(now);
}
