/** What running applications costs: an instance, its start, many of them at rest, an event, and an agent with ten of them. */
import { parseArgs } from 'node:util';
import { measureAgent } from './agent.ts';
import { measureEvents } from './events.ts';
import { measureInstances } from './instances.ts';
import { measureLateness } from './lateness.ts';

/** One figure beside what it must be, where it is ours. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly must?: number;
  /** Why there is no better figure, in words. */
  readonly why?: string;
}

function lineOf({ name, value, unit, must, why }: Row): string {
  const figure = `${value.toFixed(unit === '' ? 3 : 1).padStart(10)} ${unit.padEnd(4)}`;
  const bound = must === undefined ? '' : `≤ ${must}`;
  return `${name.padEnd(67)}${figure}${bound.padStart(8)}\n${why === undefined ? '' : `  ${why}\n`}`;
}

async function* measure(isQuick: boolean): AsyncGenerator<Row> {
  yield* measureInstances();
  yield* await measureEvents();
  yield* await measureLateness();
  if (!isQuick) yield* measureAgent();
}

/** Runs the benchmark and prints each figure as it comes, or all as JSON. `--quick` leaves the agent out. */
export async function run(args: readonly string[]): Promise<void> {
  const options = { json: { type: 'boolean' }, quick: { type: 'boolean' } } as const;
  const { json, quick = false } = parseArgs({ args: [...args], options }).values;
  const rows: Row[] = [];
  for await (const row of measure(quick)) {
    rows.push(row);
    if (!json) process.stdout.write(lineOf(row));
  }
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
