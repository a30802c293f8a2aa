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
}

function tableOf(rows: readonly Row[]): string {
  const line = ({ name, value, unit, must }: Row): string =>
    `${name.padEnd(62)}${value.toFixed(unit === '' ? 3 : 1).padStart(10)} ${unit.padEnd(4)}${(must === undefined ? '' : `≤ ${must}`).padStart(8)}`;
  return `${rows.map(line).join('\n')}\n`;
}

/** Runs the benchmark and prints it, as a table or as JSON. `--quick` leaves the agent out. */
export async function run(args: readonly string[]): Promise<void> {
  const options = { json: { type: 'boolean' }, quick: { type: 'boolean' } } as const;
  const { json, quick } = parseArgs({ args: [...args], options }).values;
  const rows = [
    ...measureInstances(),
    ...(await measureEvents()),
    ...(await measureLateness()),
    ...(quick ? [] : await measureAgent()),
  ];
  process.stdout.write(json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
}
