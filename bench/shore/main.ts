/** What a shore bears: parts, each measured on the embedded broker and, where it is installed, on Mosquitto in the same run. */
import { parseArgs } from 'node:util';
import { connects } from './connects.ts';
import { makeCrowd } from './crowd.ts';
import type { BrokerlessPart, Figures, Part } from './part.ts';
import { reports } from './reports.ts';
import { hasMosquitto, type ShoreKind } from './shore.ts';
import { slowReader } from './slow-reader.ts';
import { state } from './state.ts';

const parts: Readonly<Record<string, Part>> = { connects, reports, 'slow-reader': slowReader };
const brokerlessParts: Readonly<Record<string, BrokerlessPart>> = { state };
const partNames = [...Object.keys(parts), ...Object.keys(brokerlessParts)];

const usualDevices = 2000;

interface Row {
  readonly part: string;
  readonly shore: ShoreKind | 'none';
  readonly figures: Figures;
}

function lineOf({ part, shore, figures }: Row): string {
  const told = Object.entries(figures).map(
    ([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(value < 10 ? 2 : 1)}`,
  );
  return `${part.padEnd(12)} ${shore.padEnd(10)} ${told.join('  ')}\n`;
}

function chosenParts(names: string | undefined): string[] {
  const chosen = names?.split(',') ?? partNames;
  const unknown = chosen.find((name) => !partNames.includes(name));
  if (unknown !== undefined) throw new TypeError(`no part ${unknown}; there are ${partNames.join(', ')}`);
  return chosen;
}

async function measure(chosen: readonly string[], count: number, onRow: (row: Row) => void): Promise<void> {
  const kinds: ShoreKind[] = hasMosquitto ? ['embedded', 'mosquitto'] : ['embedded'];
  const withBroker = chosen.filter((part) => Object.hasOwn(parts, part));
  using crowd = withBroker.length === 0 ? undefined : await makeCrowd(count);
  for (const part of withBroker) {
    for (const shore of kinds) onRow({ part, shore, figures: await parts[part]!(shore, crowd!) });
  }
  for (const part of chosen) {
    const measurePart = brokerlessParts[part];
    if (measurePart !== undefined) onRow({ part, shore: 'none', figures: await measurePart(count) });
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
  const rows: Row[] = [];
  await measure(chosen, count, (row) => {
    rows.push(row);
    if (!json) process.stdout.write(lineOf(row));
  });
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
