/** What a device was offered and has not switched over to, and shall have no more: that was halted, or a newer commit took its place. */
import { type IssuedDeployment, isReference, isUnseen, type ObservedDevice } from '../observed.ts';
import { type DeviceInRollout, isUnderWay } from './fate.ts';
import { type FinishedRollout, isStopped, type Rollout } from './rollout.ts';

/** `unseen` is taken out of its shadow; who has `begun` with it, or is about to, has to be told something else. */
export type StaleOffer = 'unseen' | 'begun';

function hasBegun({ issued, report }: ObservedDevice): boolean {
  return issued !== undefined && isReference(report?.target, issued);
}

/** Whether a rollout of this fleet brought it, that another took the place of. */
function isSuperseded({ fleet }: Rollout, { issued }: ObservedDevice): boolean {
  return issued?.fleet === fleet && issued.definition !== undefined;
}

/**
 * Of a device that gets nothing else now. `isCounted` when all devices of its fleet were looked at: before, nobody knows whether its
 * wave is open, and it is told one thing, not two.
 */
export function staleOffer(
  rollout: Rollout,
  { on, observed }: DeviceInRollout,
  isCounted: boolean,
): StaleOffer | undefined {
  const isHalted = on === 'target' && isStopped(rollout);
  if ((!isHalted && on !== 'other') || !isUnderWay(observed)) return undefined;
  if (!isHalted && !isCounted) return undefined;
  if (isUnseen(observed)) return 'unseen';
  // It may be busy with something older still, and would take this one after that.
  if (isHalted) return 'begun';
  return hasBegun(observed) && isSuperseded(rollout, observed) ? 'begun' : undefined;
}

/** The number of the rollout since which this is what its fleet completed last; 0 where no rollout brought it. */
function goodSince(good: string, finished: readonly FinishedRollout[]): number {
  const done = finished.filter(({ outcome }) => outcome === 'done');
  const others = done.findIndex(({ target }) => target !== good);
  return (others === -1 ? done : done.slice(0, others)).at(-1)?.number ?? 0;
}

/**
 * Whether the fleet completed what is good after it brought the device what that has, which `finished` has no more where it is long ago:
 * to who is held that is no way back.
 */
export function isGoodNewer(good: string, finished: readonly FinishedRollout[], issued: IssuedDeployment): boolean {
  const { definition } = issued;
  if (definition === undefined) return false;
  const brought = finished.find(({ target }) => target === definition)?.number ?? 0;
  return brought < goodSince(good, finished);
}
