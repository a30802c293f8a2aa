/** What a revision would change, as a screen and as a document. Pure. */
import type { AttributeChange, DeviceChange, FleetChange, RevisionChange } from '../../controller/planning/compare.ts';
import { pricesTogether } from '../../controller/planning/transfers.ts';
import { printable } from '../../platform/printable.ts';
import type {
  DeviceStatus,
  PlanDocument,
  PlannedTransfer,
  Problem,
  RevisionStatus,
} from '../../schemas/generated/types.ts';
import type { Price } from '../fetch-price.ts';
import { applicationChangeText } from './application-change-text.ts';
import { renderNote, renderWarning } from './problems.ts';
import { age, bytes } from './quantities.ts';
import { type Style, type StyleName, wrap } from './style.ts';
import { type Column, table } from './table.ts';
import { transferSummary, transferTable } from './transfer-table.ts';
import { deployingText, waveTable } from './wave-table.ts';

/** One side of the comparison. */
export interface PlanSide {
  /** `working tree of DIR`, or why it was chosen. */
  readonly name: string;
  readonly commit?: RevisionStatus;
}

/** What the controller tells of the devices that a plan touches. */
export interface KnownDevices {
  readonly asOf: string;
  readonly devices: readonly DeviceStatus[];
}

export interface Plan {
  /** Of the program that planned. */
  readonly fleetVersion: string;
  readonly base: PlanSide;
  readonly next: PlanSide;
  readonly change: RevisionChange;
  /** By device; only of devices that get a deployment. */
  readonly prices: ReadonlyMap<string, readonly Price[]>;
  /** Over the links of sites that tell of them. */
  readonly transfers: readonly PlannedTransfer[];
  /** Undefined when the controller was not asked, or did not answer; `unknownBecause` says why. */
  readonly known?: KnownDevices;
  readonly unknownBecause?: string;
  /** What is most likely not meant, or not read. */
  readonly warnings: readonly Problem[];
  /** What the controller will do otherwise than the files have it. */
  readonly notes: readonly Problem[];
}

export interface PlanScreenOptions {
  readonly columns: number;
  readonly style: Style;
  /** Every device. */
  readonly wide: boolean;
}

/** More devices than this are listed only with `-o wide`; the table of fleets counts them all. */
const devicesListedMax = 40;

/** Devices that the line about lost applications names. */
const strippedNamedMax = 10;

const kindStyles: Readonly<Record<DeviceChange['kind'], StyleName>> = { deploy: 'cyan', hold: 'yellow', gone: 'red' };

interface Cost {
  readonly taken: number;
  readonly whole: number;
  /** Whether less may travel. */
  readonly isBound: boolean;
}

function costOf(devices: readonly DeviceChange[], prices: Plan['prices']): Cost {
  const all = devices.flatMap(({ device }) => prices.get(device) ?? []);
  return {
    taken: all.reduce((sum, { bytes, index }) => sum + bytes + index, 0),
    whole: all.reduce((sum, { length, index }) => sum + length + index, 0),
    isBound: all.some(({ atMost }) => atMost === true),
  };
}

function costCells({ taken, whole }: Cost): readonly [string, string] {
  return [bytes(taken), bytes(whole)];
}

function changeTexts({ applications, attributes }: DeviceChange): string[] {
  return [...applications.map(applicationChangeText), ...attributes.map(attributeText)];
}

/** `probation 30 s → 60 s`, `fleet tugs → ships`, `out of fleet tugs`, `another key`. */
function attributeText({ name, from, to }: AttributeChange): string {
  switch (name) {
    case 'probationSeconds':
      return `probation ${from} s → ${to} s`;
    case 'windows':
      return `windows: ${to ?? 'at any time'}`;
    case 'fleet':
      if (from === undefined) return `into fleet ${to}`;
      return to === undefined ? `out of fleet ${from}` : `fleet ${from} → ${to}`;
    case 'site':
      if (from === undefined) return `into site ${to}`;
      return to === undefined ? `out of site ${from}` : `site ${from} → ${to}`;
    case 'keyFingerprint':
      if (from === undefined) return 'a key';
      return to === undefined ? 'no key' : 'another key';
    case 'hold':
      return to === undefined ? 'held no more' : `held ${to}`;
    default:
      return name satisfies never;
  }
}

function changesOfFleet(devices: readonly DeviceChange[]): string {
  const counts = new Map<string, number>();
  for (const text of devices.flatMap(changeTexts)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count === devices.length ? text : `${text} (${count})`)).join(', ');
}

function sideLine({ name, commit }: PlanSide, style: Style): string {
  if (commit === undefined) return name;
  return `${style('bold', commit.id.slice(0, 7))} ${printable(JSON.stringify(commit.subject))} ${style('dim', name)}`;
}

function knownLine({ known, unknownBecause }: Plan, style: Style): string {
  if (known !== undefined) {
    const contacts = known.devices.flatMap(({ contactAt }) => contactAt ?? []).sort();
    const oldest = contacts[0] === undefined ? '' : `, the oldest contact ${age(contacts[0], known.asOf)} before`;
    return `what the controller knows of ${plural(known.devices.length, 'device')} of those that differ${oldest}`;
  }
  return style('yellow', `nothing (${unknownBecause}); every device is taken to run what the base wants`);
}

function now(device: DeviceStatus | undefined, asOf: string | undefined): string {
  if (device === undefined || asOf === undefined) return '?';
  return device.state === 'dark' ? `dark ${age(device.contactAt, asOf)}` : device.state;
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
      members.length === 0 ? style('dim', 'nothing changes') : changesOfFleet(members),
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
  const { kind, cause, message, isStripped } = device;
  const isPlain = kind === 'deploy' && (cause === 'CHANGED' || cause === 'FIRST');
  return [
    ...(isStripped ? [style('red', 'loses all its applications')] : []),
    ...changeTexts(device),
    ...(isPlain ? [] : [style('dim', message)]),
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
    now(told.get(device.device), known?.asOf),
    ...(hasWaves ? [device.wave ?? '-'] : []),
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
    { head: 'NOW' },
    ...(hasWaves ? [{ head: 'WAVE' }] : []),
    ...['ACTION', 'BYTES'].map((head) => ({ head })),
    { head: 'WHOLE', drop: 3 },
    { head: 'CHANGES' },
  ];
  return table(heads, rows, columns) + note;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function summary({ change, prices }: Plan): string {
  if (change.devices.length === 0) return 'Nothing changes on any device.\n';
  const others = change.devices.filter(({ kind }) => kind !== 'deploy').length;
  const { taken, whole, isBound } = costOf(change.devices, prices);
  const cost =
    whole === 0
      ? 'no module travels'
      : `${isBound ? 'at most ' : ''}${bytes(taken)} travel for modules${taken === whole ? '' : `, ${bytes(whole)} if every module went whole`}`;
  const rest = others === 0 ? '' : `, ${others} ${others === 1 ? 'does' : 'do'} not move`;
  return `${deployingText(change)}${rest}; ${cost}.\n`;
}

/** The line in red: what must be said in the manifests before `--policy` lets it pass. */
function strippedLine({ change }: Plan, { style, columns }: PlanScreenOptions): string {
  const names = change.devices.filter(({ isStripped }) => isStripped).map(({ device }) => device);
  if (names.length === 0) return '';
  const shown = names.slice(0, strippedNamedMax).join(', ');
  const rest = names.length > strippedNamedMax ? ` and ${names.length - strippedNamedMax} more` : '';
  const who = `${plural(names.length, 'device')} ${names.length === 1 ? 'loses' : 'lose'} all applications`;
  const line = `${who}: ${shown}${rest}. Where that is meant, say spec.idle: true.`;
  return `${wrap(style('red', line), columns)}\n`;
}

/** The plan for people. */
export function planScreen(plan: Plan, options: PlanScreenOptions): string {
  const { style } = options;
  const head = [
    `plan   ${sideLine(plan.next, style)}`,
    `base   ${sideLine(plan.base, style)}`,
    `known  ${knownLine(plan, style)}`,
    `by     fleet ${plan.fleetVersion}`,
  ];
  return [
    `${head.map((line) => wrap(line, options.columns)).join('\n')}\n`,
    [...plan.warnings.map(renderWarning), ...plan.notes.map(renderNote)]
      .map((line) => `${wrap(style('yellow', line), options.columns)}\n`)
      .join(''),
    fleetTable(plan, options),
    waveTable(plan.change.fleets, options),
    deviceTable(plan, options),
    transferTable(plan.transfers, options),
    strippedLine(plan, options),
    summary(plan) + wrap(transferSummary(plan.transfers), options.columns),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function plannedFleet({ rollout, ...fleet }: FleetChange): PlanDocument['fleets'][number] {
  return rollout === undefined ? fleet : { ...fleet, rollout: { ...rollout, waves: [...rollout.waves] } };
}

/** The plan for programs. */
export function planDocument(plan: Plan): PlanDocument {
  const { fleetVersion, base, next, change, prices, transfers, known, unknownBecause, warnings, notes } = plan;
  const cost = costOf(change.devices, prices);
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Plan',
    fleetVersion,
    base,
    next,
    observed: known === undefined ? { unknownBecause: unknownBecause ?? 'nobody was asked' } : { asOf: known.asOf },
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
    bytes: cost.taken,
    bytesWhole: cost.whole,
    ...(transfers.length === 0 ? {} : { transfers: [...transfers], prices: pricesTogether(transfers) }),
    fleets: change.fleets.map(plannedFleet),
    devices: change.devices.map(({ fetches, applications, attributes, isStripped, ...device }) => ({
      ...device,
      attributes: [...attributes],
      ...(isStripped && { stripped: true as const }),
      applications: [...applications],
      fetches: fetches.map(({ release }, at) => {
        const way = prices.get(device.device)?.[at];
        return { ...release, ...(way && { way }) };
      }),
    })),
  };
}
