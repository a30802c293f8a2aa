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

/** How many devices of a fleet wait for room in its budget, without any wave. */
function awaitingRoom({ deploying, bounded }: FleetChange): number {
  return bounded === undefined ? 0 : deploying - bounded.atOnce;
}

/** What lets a rollout go no further than a wave, where that can be told beforehand. */
function unseenTexts({ fleet, rollout }: FleetChange): readonly string[] {
  const wave = rollout?.waves.find(({ unseen }) => unseen !== undefined);
  if (wave === undefined) return [];
  const whom = wave.unseen === 1 ? 'the only device' : `all ${wave.unseen} devices`;
  const why = `${whom} of it that something changes for can be offered nothing (held, or without a key)`;
  return [`${fleet}: goes no further than wave ${wave.name}, NO_EVIDENCE: ${why}; let one go, or give it others`];
}

/** What each rollout keeps to, what stops it, which ones end, and what a budget alone holds. */
export function rolloutTexts(fleets: readonly FleetChange[]): readonly string[] {
  const back = fleets.flatMap(({ fleet, endsRollout }) =>
    endsRollout === undefined
      ? []
      : [`${fleet}: ends rollout ${endsRollout}, for it goes back at once to what was completed before`],
  );
  const bounded = fleets.flatMap((change) =>
    awaitingRoom(change) === 0 ? [] : [`${change.fleet}: ${budgetText(change.bounded!.budget)}`],
  );
  const rules = movingFleets(fleets).map(({ fleet, rollout }) => rulesText(fleet, rollout));
  return [...rules, ...fleets.flatMap(unseenTexts), ...back, ...bounded];
}

function sum(fleets: readonly FleetChange[], of: (change: FleetChange) => number): number {
  return fleets.reduce((all, change) => all + of(change), 0);
}

/** Whether the first of its waves that does not pass at once starts when somebody says yes. */
function startsWithYes({ waves }: PlannedRollout): boolean {
  return waves.find(({ devices, approve }) => devices > 0 || approve !== undefined)?.approve === 'before';
}

/** `1 device gets a deployment at once, 3 more wave by wave, 1 more when its group has room`. */
export function deployingText({ devices, fleets }: RevisionChange): string {
  const deploying = devices.filter(({ kind }) => kind === 'deploy');
  const inWaves = deploying.filter(({ wave }) => wave !== undefined).length;
  const later = inWaves - sum(fleets, ({ rollout }) => rollout?.atOnce ?? 0);
  const forRoom = sum(fleets, awaitingRoom);
  const last = deploying.filter(({ comesLast }) => comesLast).length;
  const atOnce = deploying.length - later - forRoom - last;
  const get = (count: number): string => `${count} ${count === 1 ? 'device gets' : 'devices get'} a deployment`;
  const isForYes = movingFleets(fleets).every(({ rollout }) => startsWithYes(rollout));
  const inTime =
    atOnce === 0 && later > 0
      ? [`${get(later)} ${isForYes ? 'once somebody says yes, ' : ''}wave by wave`]
      : [`${get(atOnce)} at once`, ...(later === 0 ? [] : [`${later} more wave by wave`])];
  return [
    ...inTime,
    ...(forRoom === 0 ? [] : [`${forRoom} more when ${forRoom === 1 ? 'its group has' : 'their groups have'} room`]),
    ...(last === 0 ? [] : [`${last} more, held at releases, when all others have it`]),
  ].join(', ');
}
