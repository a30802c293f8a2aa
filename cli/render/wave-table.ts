/** Who gets a deployment when, where fleets have waves: as a table and as the beginning of a sentence. */
import type { FleetChange, RevisionChange } from '../../controller/planning/compare.ts';
import type { PlannedBudget, PlannedRollout, PlannedWave } from '../../controller/planning/rollout/plan-waves.ts';
import { span } from './quantities.ts';
import { type Style, wrap } from './style.ts';
import { type Column, table } from './table.ts';

const heads: readonly Column[] = [
  { head: 'FLEET' },
  { head: 'WAVE' },
  { head: 'DEVICES', drop: 1 },
  { head: 'DEPLOY' },
  { head: 'THEN' },
];

/** `a yes before it; watched for 10m`. */
function thenText({ soakSeconds, approve }: PlannedWave): string {
  const parts = [
    ...(approve === 'before' ? ['starts when somebody says yes'] : []),
    ...(soakSeconds === undefined ? [] : [`watched for ${span(soakSeconds * 1000)}`]),
    ...(approve === 'after' ? ['waits for a yes'] : []),
  ];
  return parts.length === 0 ? '-' : parts.join(', ');
}

function budgetText({ groupBy, maxUnavailable }: PlannedBudget): string {
  const devices = maxUnavailable === 1 ? '1 device' : `${maxUnavailable} devices`;
  const group = groupBy === 'site' ? 'of a site' : `that share ${groupBy}`;
  return `at most ${devices} ${group} on the way at once; `;
}

function rulesLine(fleet: string, { budget, onFailure, supersedes }: PlannedRollout): string {
  const before = supersedes === undefined ? '' : `takes the place of rollout ${supersedes}; `;
  const failure = onFailure === 'halt' ? 'halts it' : 'takes all back to what was good';
  return `${fleet}: ${before}${budget === undefined ? '' : budgetText(budget)}what fails ${failure}`;
}

function rolloutOf({ rollout }: FleetChange): PlannedRollout | undefined {
  return rollout?.waves.some(({ deploying }) => deploying > 0) ? rollout : undefined;
}

/** Fleet by fleet and wave by wave; nothing where all that changes goes to all at once. */
export function waveTable(
  fleets: readonly FleetChange[],
  { columns, style }: { readonly columns: number; readonly style: Style },
): string {
  const moving = fleets.flatMap((fleet) => {
    const rollout = rolloutOf(fleet);
    return rollout === undefined ? [] : [{ fleet: fleet.fleet, rollout }];
  });
  const rows = moving.flatMap(({ fleet, rollout }) =>
    rollout.waves.map((wave) => [
      style('bold', fleet),
      wave.name,
      String(wave.devices),
      wave.deploying === 0 ? style('dim', '0') : style('cyan', String(wave.deploying)),
      thenText(wave),
    ]),
  );
  const rules = moving.map(({ fleet, rollout }) => `${wrap(style('dim', rulesLine(fleet, rollout)), columns)}\n`);
  const back = fleets.flatMap(({ fleet, endsRollout }) => {
    const words = `${fleet}: ends rollout ${endsRollout}, for it goes back at once to what was completed before`;
    return endsRollout === undefined ? [] : [`${wrap(style('dim', words), columns)}\n`];
  });
  return table(heads, rows, columns) + [...rules, ...back].join('');
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
