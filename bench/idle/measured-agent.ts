/** One real agent of a real controller, behind a relay that counts, and what it costs its machine beside its link. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleAgent } from '../../device-agent/bundle.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { eventually, processesOf } from '../../test/end-to-end/processes.ts';
import { makeWorld, startWorld, type TestWorld } from '../../test/end-to-end/world.ts';
import { addApplications } from '../add-applications.ts';
import { CountedRelays, type LinkBytes } from './counted-relay.ts';

const device = 'truck-7-cab';
/** The world's own agent stays dead once it is killed. */
const neverMs = 2 ** 30;
const connectMsMax = 30_000;

/** What the agent's processes took of its machine so far. */
export interface MachineCosts {
  readonly wakeups: number;
  readonly writtenBytes: number;
}

/** A world with one device, whose agent is started and stopped as a measurement needs it. */
export interface MeasuredWorld {
  readonly made: TestWorld;
  readonly relays: CountedRelays;
  readonly program: string;
}

/** Makes the world; its device is enrolled and runs what it should, and no agent is there. */
export async function openWorld(stack: AsyncDisposableStack, applications: number): Promise<MeasuredWorld> {
  const relays = new CountedRelays();
  const teardown = (end: () => unknown): void => stack.defer(async () => void (await end()));
  const made = await makeWorld({ teardown }, [device], () => relays.start);
  await addApplications(made, applications);
  await made.world.commit('The applications');
  await startWorld({ ...made, first: await made.world.commit('All of them') }, { restartMs: neverMs });
  process.kill(made.world.pidOf(device)!, 'SIGKILL');
  const program = await bundleAgent(fileURLToPath(new URL('../../.cache/agent', import.meta.url)));
  return { made, relays, program };
}

function field(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}

function wakeupsOf(pid: number): number {
  const statuses = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/status`);
  return statuses.reduce((sum, status) => sum + field(status, 'voluntary_ctxt_switches'), 0);
}

/** An agent that runs. */
export class MeasuredAgent {
  readonly #world: MeasuredWorld;
  readonly #process: ChildProcess;

  private constructor(world: MeasuredWorld, started: ChildProcess) {
    this.#world = world;
    this.#process = started;
  }

  /** Starts one with these settings besides its own, and waits until it says that it is connected, or something else. */
  static async start(
    world: MeasuredWorld,
    settings: readonly string[],
    word = 'link.connected',
  ): Promise<MeasuredAgent> {
    const { directory } = world.made.fleet.devices[0]!;
    const words = [world.program, '--config', `${directory}/fleet.config.yaml`, ...settings];
    const started = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const connected = Promise.withResolvers<void>();
    let said = '';
    started.stderr!.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-4096);
      if (said.includes(word)) connected.resolve();
    });
    const late = sleep(connectMsMax, undefined, { ref: false }).then(() => {
      throw new Error(`the agent did not say ${word} within ${connectMsMax / 1000} s:\n${said}`);
    });
    await Promise.race([connected.promise, late]);
    return new MeasuredAgent(world, started);
  }

  /** Of its connections to the controller's API and to the broker, so far. */
  bytes(): { readonly https: LinkBytes; readonly mqtt: LinkBytes } {
    const [https, mqtt] = this.#world.relays.totals();
    return { https: https!, mqtt: mqtt! };
  }

  /** What the processes that run now have taken. */
  costs(): MachineCosts {
    const { directory } = this.#world.made.fleet.devices[0]!;
    const pids = processesOf(directory).map(({ pid }) => pid);
    return {
      wakeups: pids.reduce((sum, pid) => sum + wakeupsOf(pid), 0),
      writtenBytes: pids.reduce((sum, pid) => sum + field(`/proc/${pid}/io`, 'write_bytes'), 0),
    };
  }

  async status(): Promise<DeviceStatus> {
    const { devices = [] } = await this.#world.made.world.status();
    const status = devices.find(({ name }) => name === device);
    if (status === undefined) throw new Error(`the status does not tell of ${device}`);
    return status;
  }

  /** Cuts the link and gives it back once that was noticed; resolves when the agent has a session again. */
  async reconnect(): Promise<void> {
    const { made } = this.#world;
    const link = made.world.linkFile(made.fleet.devices[0]!.site);
    const isConnected = async (): Promise<boolean> => (await this.status()).connected === true;
    writeFileSync(link, 'down');
    await eventually('the end of the session', connectMsMax, async () => ((await isConnected()) ? undefined : true));
    writeFileSync(link, 'up');
    await eventually('the next session', connectMsMax, async () => ((await isConnected()) ? true : undefined));
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}
