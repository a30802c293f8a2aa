/** Who gets a deployment when, in words, where fleets have waves. Pure. */
import type { FleetChange, RevisionChange } from '../../controller/planning/compare.ts';
import type { PlannedBudget, PlannedRollout, PlannedWave } from '../../controller/planning/rollout/plan-waves.ts';
import { span } from './quantities.ts';

/** `watched for 10m, waits for a yes`: what comes between a wave and the next one; empty where nothing does. */
export function thenText({ soakSeconds, approve }: PlannedWave): string {
  return [
    ...(approve === 'before' ? ['starts when somebody says yes'] : []),
    ...(soakSeconds === undefined ? [] : [`watched for ${span(soakSeconds * 1000)}`]),
    ...(approve === 'after' ? ['waits for a yes'] : []),
  ].join(', ');
}

function budgetText({ groupBy, maxUnavailable }: PlannedBudget): string {
  const devices = maxUnavailable === 1 ? '1 device' : `${maxUnavailable} devices`;
  const group = groupBy === 'site' ? 'of a site' : `that share ${groupBy}`;
  return `at most ${devices} ${group} on the way at once`;
}

/** What a rollout keeps to. */
function rulesText(fleet: string, { budget, onFailure, supersedes }: PlannedRollout): string {
  const parts = [
    ...(supersedes === undefined ? [] : [`takes the place of rollout ${supersedes}`]),
    ...(budget === undefined ? [] : [budgetText(budget)]),
    `failures ${onFailure === 'halt' ? 'halt it' : 'take all back to what was good'}`,
  ];
  return `${fleet}: ${parts.join('; ')}`;
}

/** A fleet of which devices change in waves. */
export interface MovingFleet {
  readonly fleet: string;
  readonly rollout: PlannedRollout;
}

/** Fleets whose devices change wave by wave. */
export function movingFleets(fleets: readonly FleetChange[]): readonly MovingFleet[] {
  return fleets.flatMap(({ fleet, rollout }) =>
    rollout?.waves.some(({ deploying }) => deploying > 0) ? [{ fleet, rollout }] : [],
  );
}

/** What each rollout keeps to, and which ones end. */
export function rolloutTexts(fleets: readonly FleetChange[]): readonly string[] {
  const back = fleets.flatMap(({ fleet, endsRollout }) =>
    endsRollout === undefined
      ? []
      : [`${fleet}: ends rollout ${endsRollout}, for it goes back at once to what was completed before`],
  );
  return [...movingFleets(fleets).map(({ fleet, rollout }) => rulesText(fleet, rollout)), ...back];
}

/** `1 device gets a deployment at once, 3 more wave by wave`. */
export function deployingText({ devices, fleets }: RevisionChange): string {
  const deploying = devices.filter(({ kind }) => kind === 'deploy');
  const opened = fleets.reduce((sum, { rollout }) => sum + (rollout?.atOnce ?? 0), 0);
  const atOnce = opened + deploying.filter(({ wave }) => wave === undefined).length;
  const later = deploying.length - atOnce;
  const get = (count: number): string => `${count} ${count === 1 ? 'device gets' : 'devices get'} a deployment`;
  if (later === 0) return `${get(atOnce)} at once`;
  return atOnce === 0
    ? `${get(later)} once somebody says yes, wave by wave`
    : `${get(atOnce)} at once, ${later} more wave by wave`;
}
