/** The agent with ten applications in little memory: whether they start there, and how an update comes through. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeDemoFleet, changedApplication } from '../../cli/demo/demo-fleet.ts';
import { processesOf } from '../../test/end-to-end/processes.ts';
import type { TestWorld } from '../../test/end-to-end/world.ts';
import type { Row } from './main.ts';
import { dropCached, type MemoryGroup, openMemoryGroup } from './memory-group.ts';
import { isUp, startAgent, stop, type Words } from './start-agent.ts';

/** What an agent must do with. */
const groupsMegabytes = [64] as const;
const megabyte = 2 ** 20;
const settleMs = 5_000;
const convergeMsMax = 90_000;
const groupOf = (megabytes: number): string => `in a memory group of ${megabytes} MiB`;

const heldRow = (what: string, { peakBytes }: MemoryGroup): Row => ({
  ...{ name: `the most that group held ${what}, page cache included`, unit: 'MiB' },
  value: peakBytes() / megabyte,
});

/** Opens a group that also pays for the pages of the program and of the engine that runs it. */
function openColdGroup(megabytes: number, words: Words): MemoryGroup | undefined {
  const [engine, program] = words as readonly [string, string];
  const directory = dirname(program);
  dropCached([engine, ...readdirSync(directory).map((name) => join(directory, name))]);
  return openMemoryGroup(megabytes * megabyte);
}

/** The offline start; nothing where this machine makes no groups. */
export async function measureConfinedStart(words: Words, logDirectory: string, applications: number) {
  using memory = openColdGroup(groupsMegabytes[0], words);
  if (memory === undefined) return [];
  const { agent, firstLinesMs } = await startAgent([...memory.command, ...words], logDirectory, applications);
  await sleep(settleMs);
  const value = isUp(agent) ? firstLinesMs : Number.POSITIVE_INFINITY;
  await stop(agent);
  const name = `offline start of ${applications} applications ${groupOf(groupsMegabytes[0])}`;
  return [{ name, value, unit: 'ms' }, heldRow('meanwhile', memory)];
}

/** Gives the fleet one of the application's two releases in turn: each comes by a delta from the other. */
function changeRelease(made: TestWorld, update: number): void {
  if (update === 0) return changeDemoFleet(made.world.context, made.fleet);
  const [from, to] = update % 2 === 1 ? ['1.1.0', '1.0.0'] : ['1.0.0', '1.1.0'];
  made.edit(`applications/${changedApplication}.yaml`, `release: ${from}`, `release: ${to}`);
}

const appHosts = (directory: string, [program]: Words): readonly number[] =>
  processesOf(directory).flatMap(({ pid, command }) =>
    command[0] === program && command.some((word) => word.endsWith('/app-host.js')) ? [pid] : [],
  );

/** Commits an update; milliseconds until the device runs it without fault, and the application hosts that ended on the way. */
async function updateOnce(made: TestWorld, words: Words, update: number): Promise<readonly [ms: number, lost: number]> {
  const before = appHosts(made.directory, words);
  changeRelease(made, update);
  const startedAt = Date.now();
  const revision = await made.world.commit(`Update ${update}`);
  let ms = Number.POSITIVE_INFINITY;
  try {
    await made.world.converge(revision, convergeMsMax);
    ms = Date.now() - startedAt;
  } catch {
    // It did not come through in time, which is the figure.
  }
  const after = appHosts(made.directory, words);
  return [ms, before.filter((pid) => !after.includes(pid)).length];
}

/** An update of one of the applications while its shore is there, with all of the machine's memory and in groups of less. */
export async function measureUpdates(
  made: TestWorld,
  words: Words,
  logDirectory: string,
  applications: number,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [update, megabytes] of [undefined, ...groupsMegabytes].entries()) {
    using memory = megabytes === undefined ? undefined : openColdGroup(megabytes, words);
    if (megabytes !== undefined && memory === undefined) continue;
    const { agent } = await startAgent([...(memory?.command ?? []), ...words], logDirectory, applications);
    const [ms, lost] = await updateOnce(made, words, update);
    const where = megabytes === undefined ? 'with memory to spare' : groupOf(megabytes);
    const value = isUp(agent) ? ms : Number.POSITIVE_INFINITY;
    await stop(agent);
    rows.push({ name: `update of one of ${applications} applications ${where}`, value, unit: 'ms' });
    if (memory !== undefined) rows.push({ name: 'application hosts that died of it', value: lost, unit: '', must: 0 });
    if (memory !== undefined) rows.push(heldRow('meanwhile', memory));
  }
  return rows;
}
