/** A demo of few devices in this process: its controller and agents are real processes, started as `fleet demo` does. */
import * as fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { CommandContext } from '../../cli/command.ts';
import { type DemoFleet, makeDemoFleet } from '../../cli/demo/demo-fleet.ts';
import { type DemoSettings, DemoWorld } from '../../cli/demo/demo-world.ts';
import { formMakers } from '../../cli/form-makers.ts';
import { runCommand } from '../../cli/run-command.ts';
import { bundleAgent } from '../../device-agent/bundle.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { loadConfiguration } from '../../platform/node/configuration.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { freePort } from '../../platform/node/free-port.ts';
import { commitAll } from '../../platform/node/git-commit.ts';
import { nodeLineDoors } from '../../platform/node/line-door.ts';
import { isLocked } from '../../platform/node/lock.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeProcesses, nodePrograms } from '../../platform/node/processes.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { startTcpRelay } from '../../platform/node/tcp-relay.ts';
import { nodeThreads } from '../../platform/node/threads.ts';
import { takeWavesAway } from '../fleet-examples/without-waves.ts';

const projectDirectory = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** The command line's world on this machine, without a screen. */
export function contextOf(directory: string, signal: AbortSignal, startRelay = startTcpRelay): CommandContext {
  const silent = { isTerminal: false, columns: () => 120, rows: () => 50, write: () => {} };
  const environment = { ...process.env, FLEET_CLI_CONTROLLER: undefined };
  return {
    ...{
      clock: nodeClock,
      disk: nodeDisk,
      gitFiles: fs,
      random: nodeRandom,
      processes: nodeProcesses,
      programs: nodePrograms,
      threads: nodeThreads,
      loadFormMakers: async () => formMakers,
      isLocked,
      userName: () => 'ada',
      readInput: async () => new Uint8Array(0),
    },
    doors: nodeLineDoors,
    openNetwork: (identity) => openNetwork(() => identity),
    ...{ stdout: silent, stderr: silent, color: false, environment, directory, projectDirectory, signal },
    loadConfiguration: (section, from, flags = {}, file) =>
      loadConfiguration(section, { directory: from, environment, flags, file }),
    demo: {
      ...{ commitAll, freePort, programs: nodePrograms, startRelay },
      bundleAgent: () => bundleAgent(`${projectDirectory}/.cache/agent`),
    },
  };
}

export interface TestWorld {
  readonly directory: string;
  readonly fleet: DemoFleet;
  readonly world: DemoWorld;
  readonly first: string;
  /** Output and exit code of a `fleet` command, run in the repository. */
  fleetCommand(...words: string[]): Promise<{ readonly code: number; readonly text: string }>;
  edit(path: string, from: string, to: string): void;
}

/** The harbor with only these devices, and the fleets and sites that they need, which change all at once; nothing is started. */
export async function makeWorld(
  t: Pick<ExecutionContext, 'teardown'>,
  devices: readonly string[],
  relayOf: (directory: string) => typeof startTcpRelay = () => startTcpRelay,
): Promise<TestWorld> {
  const parent = mkdtempSync(join(tmpdir(), 'fleet-world-'));
  const directory = join(parent, 'world');
  const stopping = new AbortController();
  const context = contextOf(directory, stopping.signal, relayOf(directory));
  const whole = makeDemoFleet(context, directory);
  const fleet = { ...whole, devices: whole.devices.filter(({ name }) => devices.includes(name)) };
  const { directory: tree } = fleet.tree;
  takeWavesAway(tree);
  for (const { name } of whole.devices) if (!devices.includes(name)) rmSync(`${tree}/devices/${name}.yaml`);
  const kinds = { ships: /^(aurora|borealis)/, trucks: /^truck/ };
  for (const [kind, pattern] of Object.entries(kinds))
    if (!devices.some((name) => pattern.test(name))) rmSync(`${tree}/fleets/${kind}.yaml`);
  const world = new DemoWorld(context, context.demo, fleet, directory);
  t.teardown(async () => {
    stopping.abort();
    await world.stop();
    rmSync(parent, { recursive: true, force: true });
  });
  return {
    ...{ directory, fleet, world },
    first: await world.commit('The first'),
    async fleetCommand(...words) {
      let text = '';
      const output = { ...context.stdout, write: (more: string) => (text += more) };
      const code = await runCommand({ ...world.context, stdout: output, stderr: output }, words);
      return { code, text };
    },
    edit(path, from, to) {
      const file = `${tree}/${path}`;
      const before = fs.readFileSync(file, 'utf8');
      if (!before.includes(from)) throw new Error(`${file} has no ${from}`);
      fs.writeFileSync(file, before.replace(from, to));
    },
  };
}

/** Starts it and waits until the first revision runs everywhere. */
export async function startWorld(made: TestWorld, settings: Partial<DemoSettings> = {}): Promise<void> {
  await made.world.start({ controller: {}, mosquitto: false, restartMs: 500, ...settings });
  await made.world.converge(made.first, 60_000);
}
