/**
 * What a shore bears: its doors, each part measured on the embedded broker and, where it is installed, on Mosquitto in the same
 * run; and its engine.
 */
import { parseArgs } from 'node:util';
import { connects } from './connects.ts';
import { type Crowd, makeCrowd } from './crowd.ts';
import { measureEngine } from './engine/engine.ts';
import type { Figures, Part } from './part.ts';
import { reports } from './reports.ts';
import { hasMosquitto, type ShoreKind } from './shore.ts';
import { slowReader } from './slow-reader.ts';

const ofDoors: Readonly<Record<string, Part>> = { connects, reports, 'slow-reader': slowReader };
const engine = 'engine';
const parts = [...Object.keys(ofDoors), engine];

const usualDevices = 2000;

interface Row {
  readonly part: string;
  /** A kind of broker, or a step of the engine's life. */
  readonly shore: string;
  readonly figures: Figures;
}

function lineOf({ part, shore, figures }: Row): string {
  const told = Object.entries(figures).map(
    ([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`,
  );
  return `${part.padEnd(12)} ${shore.padEnd(26)} ${told.join('  ')}\n`;
}

function chosenParts(names: string | undefined): string[] {
  const chosen = names?.split(',') ?? parts;
  const unknown = chosen.find((name) => !parts.includes(name));
  if (unknown !== undefined) throw new TypeError(`no part ${unknown}; there are ${parts.join(', ')}`);
  return chosen;
}

async function measureDoors(crowd: Crowd, chosen: readonly string[], onRow: (row: Row) => void): Promise<void> {
  const kinds: ShoreKind[] = hasMosquitto ? ['embedded', 'mosquitto'] : ['embedded'];
  for (const part of chosen) {
    for (const shore of kinds) onRow({ part, shore, figures: await ofDoors[part]!(shore, crowd) });
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
  const chosen = chosenParts(names);
  const doors = chosen.filter((part) => part !== engine);
  const rows: Row[] = [];
  const onRow = (row: Row): void => {
    rows.push(row);
    if (!json) process.stdout.write(lineOf(row));
  };
  if (doors.length > 0) {
    if (!hasMosquitto) process.stderr.write('mosquitto is not installed (Debian package mosquitto): left out\n');
    using crowd = await makeCrowd(count);
    await measureDoors(crowd, doors, onRow);
  }
  if (doors.length < chosen.length) {
    await measureEngine(count, ({ step, figures }) => onRow({ part: engine, shore: step, figures }));
  }
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
