/** The agent with ten applications in little memory: whether they start there, and how an update comes through. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf } from '../../test/end-to-end/processes.ts';
import type { TestWorld } from '../../test/end-to-end/world.ts';
import { changeRelease } from '../change-release.ts';
import type { Row } from './main.ts';
import { dropCached, type MemoryGroup, openMemoryGroup } from './memory-group.ts';
import { isUp, startAgent, stop, type Words } from './start-agent.ts';

/** What an agent must do with. */
const groupMegabytes = 64;
const megabyte = 2 ** 20;
const settleMs = 3_000;
const convergeMsMax = 40_000;
const inGroup = `in a memory group of ${groupMegabytes} MiB`;

/** An agent as it is measured: what starts it, where its applications' output goes, and how many there are. */
export interface MeasuredAgent {
  readonly words: Words;
  readonly logDirectory: string;
  readonly applications: number;
}

function heldRows(memory: MemoryGroup): readonly Row[] {
  return [
    {
      name: 'the most that group held meanwhile, page cache included',
      value: memory.peakBytes() / megabyte,
      unit: 'MiB',
    },
    { name: 'of it in no file', value: memory.peakAnonymousBytes() / megabyte, unit: 'MiB' },
  ];
}

/** Opens a group that also pays for the pages of the program and of the engine that runs it. */
function openColdGroup(words: Words): MemoryGroup | undefined {
  const [engine, program] = words as readonly [string, string];
  const directory = dirname(program);
  dropCached([engine, ...readdirSync(directory).map((name) => join(directory, name))]);
  return openMemoryGroup(groupMegabytes * megabyte);
}

/** The offline start; nothing where this machine makes no groups. */
export async function* measureConfinedStart({ words, logDirectory, applications }: MeasuredAgent): AsyncGenerator<Row> {
  await using memory = openColdGroup(words);
  if (memory === undefined) return;
  const { agent, firstLinesMs, lack } = await startAgent([...memory.command, ...words], logDirectory, applications);
  await sleep(settleMs);
  const value = isUp(agent) ? firstLinesMs : Number.POSITIVE_INFINITY;
  const why = lack === undefined ? {} : { why: `${lack}; ${memory.describe()}` };
  await stop(agent);
  yield { name: `offline start of ${applications} applications ${inGroup}`, value, unit: 'ms', ...why };
  yield* heldRows(memory);
}

const appHosts = (directory: string, [program]: Words): readonly number[] =>
  processesOf(directory).flatMap(({ pid, command }) =>
    command[0] === program && command.some((word) => word.endsWith('/app-host.js')) ? [pid] : [],
  );

/** How an update came through. */
interface Updated {
  /** Until the device ran it without fault. */
  readonly ms: number;
  /** Application hosts that ended on the way. */
  readonly lost: number;
  readonly lack?: string;
}

/** Commits an update and waits for it. */
async function updateOnce(made: TestWorld, words: Words, update: number): Promise<Updated> {
  const before = appHosts(made.directory, words);
  changeRelease(made, update);
  const startedAt = Date.now();
  const revision = await made.world.commit(`Update ${update}`);
  let came: { readonly ms: number; readonly lack?: string };
  try {
    await made.world.converge(revision, convergeMsMax);
    came = { ms: Date.now() - startedAt };
  } catch (error) {
    came = { ms: Number.POSITIVE_INFINITY, lack: (error as Error).message };
  }
  const after = appHosts(made.directory, words);
  return { ...came, lost: before.filter((pid) => !after.includes(pid)).length };
}

/** An update of one of the applications while its shore is there, with all of the machine's memory and in a group of less. */
export async function* measureUpdates(
  made: TestWorld,
  { words, logDirectory, applications }: MeasuredAgent,
): AsyncGenerator<Row> {
  for (const [update, isConfined] of [false, true].entries()) {
    await using memory = isConfined ? openColdGroup(words) : undefined;
    if (isConfined && memory === undefined) continue;
    const { agent } = await startAgent([...(memory?.command ?? []), ...words], logDirectory, applications);
    const { ms, lost, lack } = await updateOnce(made, words, update);
    const where = isConfined ? inGroup : 'with memory to spare';
    const value = isUp(agent) ? ms : Number.POSITIVE_INFINITY;
    const why = lack === undefined ? {} : { why: [lack, memory?.describe() ?? []].flat().join('; ') };
    await stop(agent);
    yield { name: `update of one of ${applications} applications ${where}`, value, unit: 'ms', ...why };
    if (memory === undefined) continue;
    yield { name: 'application hosts that died of it', value: lost, unit: '', must: 0 };
    yield* heldRows(memory);
  }
}
