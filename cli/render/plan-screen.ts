/** What a revision would change, as a screen. Pure. */
import type { DeviceChange, FleetChange } from '../../controller/planning/compare.ts';
import { printable } from '../../platform/printable.ts';
import type { Plan, PlanSide } from './plan.ts';
import {
  changesOfFleet,
  changeTexts,
  costOf,
  isPlain,
  knownText,
  refusalTexts,
  stateText,
  strippedText,
  summaryText,
} from './plan-words.ts';
import { renderNote, renderVerdict, renderWarning } from './problems.ts';
import { bytes } from './quantities.ts';
import { type Style, type StyleName, wrap } from './style.ts';
import { type Column, table } from './table.ts';
import { transferSummary, transferTable } from './transfer-table.ts';
import { waveTable } from './wave-table.ts';
import { wholeTexts } from './whole-words.ts';

/** How wide, in which colours, and how much of it. */
export interface PlanScreenOptions {
  readonly columns: number;
  readonly style: Style;
  /** Every device. */
  readonly wide: boolean;
}

/** More devices than this are listed only with `-o wide`; the table of fleets counts them all. */
const devicesListedMax = 40;

const kindStyles: Readonly<Record<DeviceChange['kind'], StyleName>> = { deploy: 'cyan', hold: 'yellow', gone: 'red' };

function costCells({ taken, whole }: ReturnType<typeof costOf>): readonly [string, string] {
  return [bytes(taken), bytes(whole)];
}

function sideLine({ name, commit }: PlanSide, style: Style): string {
  if (commit === undefined) return name;
  return `${style('bold', commit.id.slice(0, 7))} ${printable(JSON.stringify(commit.subject))} ${style('dim', name)}`;
}

function fleetTable({ change, prices }: Plan, { style, columns }: PlanScreenOptions): string {
  const count = (number: number, name: StyleName): string =>
    number === 0 ? style('dim', '0') : style(name, String(number));
  const rows = change.fleets.map(({ fleet, devices, deploying, holding, gone }: FleetChange) => {
    const members = change.devices.filter((device) => device.fleet === fleet);
    return [
      style('bold', fleet),
      String(devices),
      count(deploying, 'cyan'),
      count(holding, 'yellow'),
      count(gone, 'red'),
      ...costCells(costOf(members, prices)),
      members.length === 0 ? style('dim', 'nothing changes') : changesOfFleet(members).join(', '),
    ];
  });
  const heads: readonly Column[] = [
    { head: 'FLEET' },
    { head: 'DEVICES', drop: 2 },
    ...['DEPLOY', 'HOLD', 'GONE', 'BYTES'].map((head) => ({ head })),
    { head: 'WHOLE', drop: 1 },
    { head: 'CHANGES' },
  ];
  return table(heads, rows, columns);
}

/** What changes; the cause too where that is not that its manifests ask for something else. */
function deviceWords(device: DeviceChange, style: Style): string {
  const { message, isStripped } = device;
  return [
    ...(isStripped ? [style('red', 'loses all its applications')] : []),
    ...changeTexts(device),
    ...(isPlain(device) ? [] : [style('dim', printable(message))]),
  ].join(', ');
}

function deviceTable({ change, prices, known }: Plan, { style, columns, wide }: PlanScreenOptions): string {
  const told = new Map(known?.devices.map((device) => [device.name, device]));
  const hasWaves = change.devices.some(({ wave }) => wave !== undefined);
  const shown = wide ? change.devices : change.devices.slice(0, devicesListedMax);
  const rows = shown.map((device) => [
    style('bold', device.device),
    device.site ?? '-',
    device.fleet ?? '-',
    stateText(told.get(device.device), known?.asOf),
    ...(hasWaves ? [device.wave ?? (device.comesLast ? 'after all' : '-')] : []),
    style(kindStyles[device.kind], device.kind),
    ...costCells(costOf([device], prices)),
    deviceWords(device, style),
  ]);
  const hidden = change.devices.length - shown.length;
  const note = hidden === 0 ? '' : style('dim', `and ${hidden} more (-o wide lists them)\n`);
  const heads: readonly Column[] = [
    { head: 'DEVICE' },
    { head: 'SITE', drop: 2 },
    { head: 'FLEET', drop: 1 },
    ...['NOW', ...(hasWaves ? ['WAVE'] : []), 'ACTION', 'BYTES'].map((head) => ({ head })),
    { head: 'WHOLE', drop: 3 },
    { head: 'CHANGES' },
  ];
  return table(heads, rows, columns) + note;
}

/** Limits that it is over, in red where the controller would refuse it for them. */
function policyLines({ policy }: Plan, { style, columns }: PlanScreenOptions): string {
  const line = (name: StyleName, text: string): string =>
    `${text
      .split('\n')
      .map((one) => wrap(style(name, one), columns))
      .join('\n')}\n`;
  const refused = policy.problems.map((problem) => line('red', renderVerdict(problem)));
  return [...refused, ...policy.notes.map((note) => line('yellow', renderVerdict(note)))].join('');
}

/** The plan for people. */
export function planScreen(plan: Plan, options: PlanScreenOptions): string {
  const { style, columns } = options;
  const known = knownText(plan);
  const stripped = strippedText(plan);
  const head = [
    `plan   ${sideLine(plan.next, style)}`,
    `base   ${sideLine(plan.base, style)}`,
    `known  ${plan.known === undefined ? style('yellow', known) : known}`,
    `by     fleet ${plan.fleetVersion}`,
  ];
  return [
    `${head.map((line) => wrap(line, columns)).join('\n')}\n`,
    [...plan.warnings.map(renderWarning), ...plan.notes.map(renderNote)]
      .map((line) => `${wrap(style('yellow', line), columns)}\n`)
      .join(''),
    fleetTable(plan, options),
    waveTable(plan.change.fleets, options),
    deviceTable(plan, options),
    wholeTexts(plan.whole)
      .map((line) => `${wrap(line, columns)}\n`)
      .join(''),
    transferTable(plan.transfers, options),
    policyLines(plan, options),
    stripped === undefined ? '' : `${wrap(style('red', stripped), columns)}\n`,
    [...refusalTexts(plan), summaryText(plan), wrap(transferSummary(plan.transfers), columns)].join('\n'),
  ]
    .filter((section) => section !== '')
    .join('\n');
}
