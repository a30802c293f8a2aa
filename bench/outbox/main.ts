/**
 * What the outbox takes of a device's flash and link: writes, blocks and syncs a message, bytes on the wire, over days of simulated
 * time on a disk that counts.
 */
import { parseArgs } from 'node:util';
import { type DayResult, type DayTerms, liveDay } from './day.ts';

const always = [0, 24] as const;
const lastHour = [23, 24] as const;

const days: readonly DayTerms[] = [
  {
    name: 'one of 100 B every 10 s',
    messages: { everySeconds: 10, count: 1, bytes: 100 },
    starts: 1,
    connected: always,
  },
  { name: 'one of 100 B a minute', messages: { everySeconds: 60, count: 1, bytes: 100 }, starts: 1, connected: always },
  {
    name: '500 of 100 B an hour',
    messages: { everySeconds: 3_600, count: 500, bytes: 100 },
    starts: 1,
    connected: always,
  },
  {
    ...{ name: 'one of 100 B every 10 s, 23 h dark', messages: { everySeconds: 10, count: 1, bytes: 100 } },
    ...{ starts: 1, connected: lastHour },
  },
  { name: 'logbook, an entry in 20 min', entries: { everySeconds: 1_200 }, starts: 1, connected: always },
  {
    ...{ name: 'logbook, an entry in 20 min, 12 starts, 23 h dark', entries: { everySeconds: 1_200 } },
    ...{ starts: 12, connected: lastHour },
  },
  { name: 'nothing to say', starts: 1, connected: always },
];

const each = (count: number, messages: number): string => (messages === 0 ? '-' : (count / messages).toFixed(2));

function rowOf({ name, messages, taken, batches, wireBytes, disk }: DayResult): readonly string[] {
  const { writes, blocks, syncs, names } = disk;
  const ofDisk = [writes, blocks, syncs, names].map((count) => each(count, messages));
  const kib = ((blocks * 4_096) / 1024).toFixed(0);
  return [name, String(messages), String(taken), ...ofDisk, kib, String(batches), each(wireBytes, messages)];
}

const heads = [
  ...['a day of', 'said', 'taken', 'writes each', 'blocks each', 'syncs each', 'names each'],
  ...['KiB of blocks', 'batches', 'wire B each'],
];

function table(rows: readonly (readonly string[])[]): string {
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  '))
    .map((line) => `${line}\n`)
    .join('');
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } });
  const results: DayResult[] = [];
  for (const day of days) results.push(await liveDay(day));
  process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : table([heads, ...results.map(rowOf)]));
}
