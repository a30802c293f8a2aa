/** Waves that try nothing on few: gates that could not halt a rollout, and a first wave whose limit a fleet is too small for. */
import type { Fleet, FleetRollout, RolloutWave } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import { countUnder } from './name-index.ts';
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

/** A selector that takes all is told of by `rollout-witnesses.ts`; one device alone is its own canary. */
function warnOfWideFirst(draft: Draft, name: string, { spec: { rollout } }: Fleet): void {
  const first = rollout?.waves?.[0];
  const size = countUnder(draft.next.members, name);
  if (first === undefined || first.selector !== undefined || typeof first.limit !== 'number') return;
  if (size < 2 || first.limit < size) return;
  const message = `wave ${first.name} is the first and its limit of ${first.limit} takes all ${size} devices of the fleet, so that nothing is tried on some of them before it goes to all; write less than ${size}`;
  const place = placeIn(draft, `Fleet/${name}`, ['spec', 'rollout', 'waves', 0, 'limit']);
  draft.findings.warn(place, 'FIRST_WAVE_TAKES_ALL', message);
}

/** Warns of them, at every commit as of all that is most likely not meant. */
export function* warnOfGates(draft: Draft): Steps<void> {
  yield* forEachInSteps(draft.next.fleets, ([name, fleet]) => {
    warn(draft, name, fleet);
    warnOfWideFirst(draft, name, fleet);
  });
}
