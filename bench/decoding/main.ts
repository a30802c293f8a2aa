/**
 * Whether a patch that is made to cost much takes more than twice what an honest one takes: processor time and memory of decoding
 * it, beside the dearest honest patch between the same files that is no longer than twice the one our encoder gives.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { honestPatches, type Patch } from './honest.ts';
import { hostilePatches } from './hostile.ts';
import { bundleDecoder, type Decoder, type Decoding, decodeWith, middleOf } from './measure.ts';
import { choose } from './subjects.ts';

const usage = '[--quick] [--json] [--pairs WORD,...] [--search SECONDS]; a word is a part of the name of a pair';
/** An honest patch of the same length is one of at most so many times the bytes of the shortest. */
const sameLength = 2;
/** Patches that are decoded more than once, by each figure, and how often. */
const again = 2;
const runs = 5;

interface Measured extends Decoding {
  readonly name: string;
}

/** One pair: its lengths, the dearest honest patch of these, and the dearest of the others. */
interface Row {
  readonly name: string;
  readonly oldBytes: number;
  readonly newBytes: number;
  readonly patchBytes: number;
  readonly honest: readonly Measured[];
  readonly hostile: readonly Measured[];
}

const most = (measured: readonly Measured[], of: (one: Decoding) => number): Measured =>
  measured.reduce((one, other) => (of(other) > of(one) ? other : one));
const cpu = ({ cpuMs }: Decoding): number => cpuMs;
const peak = ({ peakBytes }: Decoding): number => peakBytes;

/** The dearest of patches: all are decoded once, these again until there is a median. */
function dearest(patches: readonly Patch[], decode: (patch: Patch) => Decoding): readonly Measured[] {
  const once = patches.map((patch) => ({ patch, first: decode(patch) }));
  const chosen = [cpu, peak].flatMap((of) => once.toSorted((a, b) => of(b.first) - of(a.first)).slice(0, again));
  return [...new Set(chosen)].map(({ patch, first }) => ({
    ...middleOf([first, ...Array.from({ length: runs - 1 }, () => decode(patch))]),
    name: patch.name,
  }));
}

function measure(
  name: string,
  [old, fresh]: readonly [Uint8Array, Uint8Array],
  decoder: Decoder,
  searchMs: number,
): Row {
  const all = honestPatches(old, fresh);
  const shortest = Math.min(...all.map(({ bytes }) => bytes.length));
  const honest = all.filter(({ bytes }) => bytes.length <= sameLength * shortest);
  const patchBytes = Math.max(...honest.map(({ bytes }) => bytes.length));
  const decode = (patch: Patch): Decoding => decodeWith(decoder, old, patch.bytes);
  return {
    ...{ name, oldBytes: old.length, newBytes: fresh.length, patchBytes },
    honest: dearest(honest, decode),
    hostile: dearest([...hostilePatches(old, fresh, all, patchBytes, searchMs)], decode),
  };
}

function lineOf({ name, newBytes, patchBytes, honest, hostile }: Row): string {
  const [fair, foul] = [most(honest, cpu), most(hostile, cpu)];
  const [fairPeak, foulPeak] = [most(honest, peak), most(hostile, peak)];
  const cells = [
    ...[newBytes, patchBytes].map(String),
    ...[fair.cpuMs.toFixed(1), foul.cpuMs.toFixed(1), (foul.cpuMs / fair.cpuMs).toFixed(2)],
    ...[fairPeak, foulPeak].map(({ peakBytes }) => (peakBytes / 2 ** 20).toFixed(1)),
    (foulPeak.processBytes / fairPeak.processBytes).toFixed(2),
  ];
  const worst = `  ${fair.name} / ${foul.name}, ${foulPeak.name}`;
  return `${name.slice(0, 40).padEnd(40)}${cells.map((cell) => cell.padStart(10)).join('')}${worst}\n`;
}

const head = `${'pair'.padEnd(40)}${['module', 'patch', 'honest ms', 'hostile', 'ratio', 'honest MiB', 'hostile', 'ratio'].map((cell) => cell.padStart(10)).join('')}\n`;

/** Runs the benchmark and prints it, as a table or as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      pairs: { type: 'string', default: '' },
      search: { type: 'string', default: '4' },
    },
  });
  const subjects = choose(values.pairs.split(',').filter(Boolean), values.quick);
  if (values.help || subjects.length === 0 || !(Number(values.search) >= 0)) throw new TypeError(usage);
  const directory = mkdtempSync(`${tmpdir()}/fleet-decoding-`);
  const rows: Row[] = [];
  try {
    const decoder = await bundleDecoder(directory);
    if (!values.json) process.stdout.write(head);
    for (const { name, open } of subjects) {
      const row = measure(name, open(), decoder, Number(values.search) * 1000);
      rows.push(row);
      if (!values.json) process.stdout.write(lineOf(row));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  if (values.json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
