/** What a guest costs on a device, in parts; each part measures its candidates in turn, in one process, and compares by ratios. */
import { parseArgs } from 'node:util';
import * as fuel from './fuel.ts';

/** One part of the benchmark. */
export interface Part {
  /** Measures; words choose among its subjects by a part of their names, none chooses all. Tells on the way what it does. */
  measure(words: readonly string[], tell: (line: string) => void): Promise<Measured>;
}

/** What a part found: its table for people, and the same as data. */
export interface Measured {
  readonly text: string;
  readonly data: unknown;
}

const parts: Readonly<Record<string, Part>> = { fuel };

/** Runs the parts that are named, or all, and prints what they found. */
export async function run(args: readonly string[]): Promise<void> {
  const usage = `[PART ...] [--only WORD,...] [--json]; PART is one of ${Object.keys(parts).join(', ')}`;
  const options = {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const unknown = positionals.find((name) => !(name in parts));
  if (values.help || unknown !== undefined) throw new TypeError(usage);
  const chosen = Object.entries(parts).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  const data: Record<string, unknown> = {};
  for (const [name, part] of chosen) {
    const found = await part.measure(values.only.split(',').filter(Boolean), (line) =>
      process.stderr.write(`${line}\n`),
    );
    data[name] = found.data;
    if (!values.json) process.stdout.write(`${name}\n${found.text}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
}
