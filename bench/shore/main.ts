/** What a shore bears: parts, each measured on the embedded broker and, where it is installed, on Mosquitto in the same run. */
import { parseArgs } from 'node:util';
import { connects } from './connects.ts';
import { type Crowd, makeCrowd } from './crowd.ts';
import type { Figures, Part } from './part.ts';
import { reports } from './reports.ts';
import { hasMosquitto, type ShoreKind } from './shore.ts';
import { slowReader } from './slow-reader.ts';

const parts: Readonly<Record<string, Part>> = { connects, reports, 'slow-reader': slowReader };

const usualDevices = 2000;

interface Row {
  readonly part: string;
  readonly shore: ShoreKind;
  readonly figures: Figures;
}

function lineOf({ part, shore, figures }: Row): string {
  const told = Object.entries(figures).map(
    ([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`,
  );
  return `${part.padEnd(12)} ${shore.padEnd(10)} ${told.join('  ')}\n`;
}

function chosenParts(names: string | undefined): string[] {
  const chosen = names?.split(',') ?? Object.keys(parts);
  const unknown = chosen.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) throw new TypeError(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);
  return chosen;
}

async function measure(crowd: Crowd, chosen: readonly string[], onRow: (row: Row) => void): Promise<void> {
  const kinds: ShoreKind[] = hasMosquitto ? ['embedded', 'mosquitto'] : ['embedded'];
  for (const part of chosen) {
    for (const shore of kinds) onRow({ part, shore, figures: await parts[part]!(shore, crowd) });
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
  if (!hasMosquitto) process.stderr.write('mosquitto is not installed (Debian package mosquitto): left out\n');
  using crowd = await makeCrowd(count);
  const rows: Row[] = [];
  await measure(crowd, chosen, (row) => {
    rows.push(row);
    if (!json) process.stdout.write(lineOf(row));
  });
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
