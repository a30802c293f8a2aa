/**
 * What a shore bears: its doors, each part measured on the embedded broker and, where it is installed, on Mosquitto in the same
 * run; its engine, step by step; what it keeps state in; and a plan.
 */
import { parseArgs } from 'node:util';
import { connects } from './connects.ts';
import { makeCrowd } from './crowd.ts';
import { measureEngine } from './engine/engine.ts';
import type { BrokerlessPart, Figures, Part } from './part.ts';
import { measurePlan } from './plan/plan.ts';
import { reports } from './reports.ts';
import { hasMosquitto, type ShoreKind } from './shore.ts';
import { slowReader } from './slow-reader.ts';
import { state } from './state.ts';

const ofDoors: Readonly<Record<string, Part>> = { connects, reports, 'slow-reader': slowReader };
const brokerless: Readonly<Record<string, BrokerlessPart>> = {
  state: async (devices, onRow) => onRow('none', await state(devices)),
  engine: (devices, onRow) => measureEngine(devices, ({ step, figures }) => onRow(step, figures)),
  plan: measurePlan,
};
const partNames = [...Object.keys(ofDoors), ...Object.keys(brokerless)];

const usualDevices = 2000;

interface Row {
  readonly part: string;
  /** A kind of broker, or a step of the engine's life. */
  readonly shore: string;
  readonly figures: Figures;
}

function lineOf({ part, shore, figures }: Row): string {
  const told = Object.entries(figures).map(
    ([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(value < 10 ? 2 : 1)}`,
  );
  return `${part.padEnd(12)} ${shore.padEnd(26)} ${told.join('  ')}\n`;
}

function chosenParts(names: string | undefined): string[] {
  const chosen = names?.split(',') ?? partNames;
  const unknown = chosen.find((name) => !partNames.includes(name));
  if (unknown !== undefined) throw new TypeError(`no part ${unknown}; there are ${partNames.join(', ')}`);
  return chosen;
}

async function measureDoors(names: readonly string[], count: number, onRow: (row: Row) => void): Promise<void> {
  if (names.length === 0) return;
  if (!hasMosquitto) process.stderr.write('mosquitto is not installed (Debian package mosquitto): left out\n');
  const kinds: ShoreKind[] = hasMosquitto ? ['embedded', 'mosquitto'] : ['embedded'];
  using crowd = await makeCrowd(count);
  for (const part of names) {
    for (const shore of kinds) onRow({ part, shore, figures: await ofDoors[part]!(shore, crowd) });
  }
}

async function measure(chosen: readonly string[], count: number, onRow: (row: Row) => void): Promise<void> {
  await measureDoors(
    chosen.filter((part) => Object.hasOwn(ofDoors, part)),
    count,
    onRow,
  );
  for (const part of chosen) {
    await brokerless[part]?.(count, (shore, figures) => onRow({ part, shore, figures }));
  }
}

/** Runs the benchmark and prints it, as lines or as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const options = {
    json: { type: 'boolean' },
    parts: { type: 'string' },
    devices: { type: 'string', default: String(usualDevices) },
  } as const;
  const { json, parts: names, devices } = parseArgs({ args: [...args], options }).values;
  const count = Number(devices);
  if (!Number.isInteger(count) || count < 2) throw new TypeError(`--devices ${devices} is not a number of two or more`);
  const rows: Row[] = [];
  await measure(chosenParts(names), count, (row) => {
    rows.push(row);
    if (!json) process.stdout.write(lineOf(row));
  });
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
