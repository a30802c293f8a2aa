/** Gates that could not halt a rollout: whatever fails in their wave would hold it for good. */
import type { Fleet, FleetRollout, RolloutWave } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** Why the gate of a wave could not halt its rollout; undefined where it could. */
function whyNeverHalts({ name, limit, gate }: RolloutWave, common: FleetRollout['gate']): string | undefined {
  const { failures, success } = { ...common, ...gate };
  if (typeof failures !== 'number' || typeof limit !== 'number' || failures <= limit) return undefined;
  if (success !== undefined && Number.parseFloat(success) === 0) return undefined;
  const devices = limit === 1 ? '1 device' : `${limit} devices`;
  const what = `wave ${name} takes ${devices} and ${failures} failures would halt it, more than there can be`;
  return `${what}: what fails in it holds the rollout for good; give the wave a gate with failures of at most ${limit}`;
}

function warn(draft: Draft, name: string, { spec: { rollout } }: Fleet): void {
  for (const [index, wave] of (rollout?.waves ?? []).entries()) {
    const why = whyNeverHalts(wave, rollout?.gate);
    if (why === undefined) continue;
    const place = placeIn(draft, `Fleet/${name}`, ['spec', 'rollout', 'waves', index, 'limit']);
    draft.findings.warn(place, 'GATE_NEVER_HALTS', why);
  }
}

/** Warns of them, at every commit as of all that is most likely not meant. */
export function* warnOfGates(draft: Draft): Steps<void> {
  yield* forEachInSteps(draft.next.fleets, ([name, fleet]) => warn(draft, name, fleet));
}
