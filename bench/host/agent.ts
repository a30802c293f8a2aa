/** A real agent with ten applications, started as the unit starts it: what it and its app host take, and how soon all run. */
import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stateOf } from '../../cli/demo/demo-fleet.ts';
import { bundleAgent } from '../../device-agent/bundle.ts';
import { stateLayout } from '../../device-agent/state-layout.ts';
import { processesOf } from '../../test/end-to-end/processes.ts';
import { makeWorld, startWorld } from '../../test/end-to-end/world.ts';
import { addApplications } from '../add-applications.ts';
import { processMemory } from '../footprint/process-memory.ts';
import { type MeasuredAgent, measureConfinedStart, measureUpdates } from './confined.ts';
import { openDeviceDisk } from './device-disk.ts';
import type { Row } from './main.ts';
import { startAgent, stop } from './start-agent.ts';

const device = 'truck-7-cab';
const applications = 10;
const settleMs = 5_000;
/** The world's own agent stays dead once it is killed. */
const neverMs = 2 ** 30;
const noDeviceDisk =
  'bench host: no disk of its own can be made here: where this one reads ahead by megabytes, little memory is read full of them\n';
const root = fileURLToPath(new URL('../../', import.meta.url));

const ticksPerSecond = 100;

/** Processor time that a process has taken, in milliseconds. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** The PSS of what runs now, and what it has cost so far. */
function costsOf(directory: string, engine: string) {
  const running = processesOf(directory).filter(({ command }) => command[0] === engine);
  const sum = (of: (pid: number) => number): number => running.reduce((sum, { pid }) => sum + of(pid), 0);
  return { processes: running.length, cpuMs: sum(cpuMs), pssMib: sum((pid) => processMemory(pid).pssKb) / 1024 };
}

/** The bundle and an engine in files of their own: pages of a Node that other programs run would be shared with them, and count less. */
async function installAgent(directory: string): Promise<readonly [engine: string, program: string]> {
  const engine = join(directory, 'node');
  copyFileSync(process.execPath, engine);
  cpSync(dirname(await bundleAgent(`${root}.cache/agent`)), join(directory, 'agent'), { recursive: true });
  return [engine, join(directory, 'agent', 'agent.js')];
}

/** The start with no shore and memory to spare. */
async function* measureStart(directory: string, { words, logDirectory, applications }: MeasuredAgent) {
  const { agent, firstLinesMs, lack } = await startAgent(words, logDirectory, applications);
  const { cpuMs } = costsOf(directory, words[0]!);
  await sleep(settleMs);
  const { processes, pssMib } = costsOf(directory, words[0]!);
  await stop(agent);
  const name = `offline start of the agent to the last of ${applications} first lines`;
  yield { name, value: firstLinesMs, unit: 'ms', must: 1000, ...(lack === undefined ? {} : { why: lack }) };
  yield { name: 'processor time that it and its app host took for that', value: cpuMs, unit: 'ms', must: 1000 };
  const what = `PSS of supervisor and app host, ${applications} applications (${processes} processes)`;
  yield { name: what, value: pssMib, unit: 'MiB', must: 85 };
}

/** Figures of the supervisor and its app host. */
export async function* measureAgent(): AsyncGenerator<Row> {
  await using stack = new AsyncDisposableStack();
  const made = await makeWorld({ teardown: (end) => stack.defer(async () => void (await end())) }, [device]);
  await addApplications(made, applications);
  await made.world.commit('Ten applications');
  await startWorld({ ...made, first: await made.world.commit('All of them') }, { restartMs: neverMs });
  const disk = stack.use(openDeviceDisk());
  if (!disk.isOwn) process.stderr.write(noDeviceDisk);
  const { directory } = made.fleet.devices[0]!;
  const words = [...(await installAgent(disk.directory)), '--config', `${directory}/fleet.config.yaml`];
  process.kill(made.world.pidOf(device)!, 'SIGKILL');
  const { logDirectory } = stateLayout(stateOf(made.fleet.devices[0]!));
  const measured = { words, logDirectory, applications };
  yield* measureUpdates(made, measured);
  await made.world.stop();
  yield* measureStart(made.directory, measured);
  yield* measureConfinedStart(measured);
}
