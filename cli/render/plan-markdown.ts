/** A plan as a comment on a pull request, by whatever program posts it. Pure. */
import type { DeviceChange, FleetChange } from '../../controller/planning/compare.ts';
import type { LinkUse, Problem } from '../../schemas/generated/types.ts';
import { codeSpan, markdownList, markdownTable } from './markdown.ts';
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
import { bytes } from './quantities.ts';
import { linkUseText, transferSummary } from './transfer-table.ts';
import { movingFleets, rolloutTexts, thenText } from './wave-words.ts';
import { wholeTexts } from './whole-words.ts';

/**
 * Letters of the rows of each part. GitHub refuses a comment of more than 65,536; all parts, with what stands around their rows, have
 * less than that, and whoever posts it has room for words of his own.
 */
const lengthMax = {
  policy: 6000,
  problems: 10_000,
  fleets: 9000,
  waves: 6000,
  devices: 13_000,
  transfers: 8000,
} as const;

/** The first letters of every comment: by them the one before is found, to be replaced. */
const heading = '## Fleet plan';

function sideText({ name, commit }: PlanSide): string {
  if (commit === undefined) return codeSpan(name);
  return [commit.id.slice(0, 7), commit.subject, name].map(codeSpan).join(' ');
}

function problemLines(problems: readonly Problem[], kind: string): string[] {
  return problems.map(({ file, line, column, code, message }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return `${kind}${codeSpan(place)} ${codeSpan(code)} ${codeSpan(message)}`;
  });
}

function fleetTable({ change, prices }: Plan): string {
  const byFleet = Map.groupBy(change.devices, ({ fleet }) => fleet);
  const rows = change.fleets.map(({ fleet, devices, deploying, holding, gone }: FleetChange) => {
    const members = byFleet.get(fleet) ?? [];
    const { taken, whole } = costOf(members, prices);
    return [
      codeSpan(fleet),
      ...[devices, deploying, holding, gone].map(String),
      ...[taken, whole].map(bytes),
      members.length === 0 ? 'nothing changes' : codeSpan(changesOfFleet(members).join(', ')),
    ];
  });
  const heads = ['Fleet', 'Devices', 'Deploy', 'Hold', 'Gone', 'Bytes', 'Whole', 'Changes'];
  return markdownTable(heads, rows, lengthMax.fleets);
}

function waveTable({ change }: Plan): string {
  const rows = movingFleets(change.fleets).flatMap(({ fleet, rollout }) =>
    rollout.waves.map((wave) => [
      ...[fleet, wave.name].map(codeSpan),
      ...[wave.devices, wave.deploying].map(String),
      thenText(wave),
    ]),
  );
  return markdownTable(['Fleet', 'Wave', 'Devices', 'Deploy', 'Then'], rows, lengthMax.waves);
}

function deviceWords(device: DeviceChange): string {
  const words = [...changeTexts(device), ...(isPlain(device) ? [] : [device.message])].join(', ');
  return `${device.isStripped ? '**loses all its applications** ' : ''}${codeSpan(words)}`;
}

function actionText({ kind, wave, comesLast }: DeviceChange): string {
  if (comesLast) return `${kind} after all others`;
  return wave === undefined ? kind : `${kind} in ${codeSpan(wave)}`;
}

function deviceTable({ change, prices, known }: Plan): string {
  const told = new Map(known?.devices.map((device) => [device.name, device]));
  const rows = change.devices.map((device) => {
    const { taken, whole } = costOf([device], prices);
    return [
      ...[device.device, device.site ?? '', device.fleet ?? ''].map(codeSpan),
      stateText(told.get(device.device), known?.asOf),
      actionText(device),
      ...[taken, whole].map(bytes),
      deviceWords(device),
    ];
  });
  const heads = ['Device', 'Site', 'Fleet', 'Now', 'Action', 'Bytes', 'Whole', 'Changes'];
  const table = markdownTable(heads, rows, lengthMax.devices);
  return table === '' ? '' : `<details><summary>Device by device</summary>\n\n${table}\n</details>\n`;
}

function transferTable({ transfers }: Plan): string {
  const use = (one: LinkUse): string => codeSpan(linkUseText(one));
  const rows = transfers.map(({ fleet, site, devices, cheapest, dearest, ...cost }) => [
    ...[fleet, site].map(codeSpan),
    String(devices),
    ...[cost.bytes, cost.bytesWhole].map(bytes),
    ...[cheapest, dearest].map(use),
  ]);
  const heads = ['Fleet', 'Site', 'Devices', 'Bytes', 'Whole', 'Cheapest', 'Dearest'];
  return markdownTable(heads, rows, lengthMax.transfers);
}

function document(parts: readonly string[], fleetVersion: string): string {
  const signed = [
    heading,
    ...parts,
    `Planned by fleet ${codeSpan(fleetVersion)}; bytes are those of modules and their indexes.`,
  ];
  return `${signed
    .filter((part) => part !== '')
    .map((part) => part.trimEnd())
    .join('\n\n')}\n`;
}

/** The plan, in less than 65,536 letters. */
export function planMarkdown(plan: Plan): string {
  const stripped = strippedText(plan);
  const sides = [`plan: ${sideText(plan.next)}`, `base: ${sideText(plan.base)}`, `known: ${codeSpan(knownText(plan))}`];
  const told = [...problemLines(plan.warnings, 'warning: '), ...problemLines(plan.notes, 'note: ')];
  const parts = [
    `**${[...refusalTexts(plan), summaryText(plan)].join(' ')}** ${transferSummary(plan.transfers)}`,
    markdownList(problemLines([...plan.policy.problems, ...plan.policy.notes], 'policy: '), lengthMax.policy),
    stripped === undefined ? '' : `**Lost:** ${codeSpan(stripped)}`,
    markdownList(told, lengthMax.problems),
    fleetTable(plan),
    waveTable(plan),
    markdownList(rolloutTexts(plan.change.fleets).map(codeSpan), lengthMax.waves / 2),
    deviceTable(plan),
    markdownList(wholeTexts(plan.whole).map(codeSpan), lengthMax.waves / 2),
    transferTable(plan),
    markdownList(sides, lengthMax.problems),
  ];
  return document(parts, plan.fleetVersion);
}

/** Why there is no plan: what the controller would refuse. As bounded as a plan is. */
export function refusalMarkdown(what: string, problems: readonly Problem[], fleetVersion: string): string {
  const parts = [
    `**Refused:** ${codeSpan(what)} is not valid; the controller would refuse it, and no device would move.`,
    markdownList(problemLines(problems, ''), lengthMax.problems),
  ];
  return document(parts, fleetVersion);
}
