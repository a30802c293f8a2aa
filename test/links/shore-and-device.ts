/** A controller and one agent of the harbor example, as real processes in networks of their own, with a link between them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import type { CommandContext } from '../../cli/command.ts';
import { changedApplication, type DemoFleet, makeDemoFleet, stateOf } from '../../cli/demo/demo-fleet.ts';
import { DemoWorld } from '../../cli/demo/demo-world.ts';
import { exampleModule } from '../../cli/example-fleet.ts';
import { fetchStatus } from '../../cli/fetch-status.ts';
import { addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { bundleAgent } from '../../device-agent/bundle.ts';
import { enroll } from '../../device-agent/command/enroll.ts';
import { type AgentStatus, readStatus } from '../../device-agent/report/status-file.ts';
import { readLog } from '../../device-agent/runtime/log-file.ts';
import { stateLayout } from '../../device-agent/state-layout.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { contextOf } from '../end-to-end/world.ts';
import { shoreName } from './names.ts';
import { addresses, type Networks } from './namespaces.ts';

const device = 'truck-7-cab';
const nextVersion = '1.2.0';
/** What every release of it prints first. */
const firstWords = `${changedApplication} `;
const customSection = 0;

/** A number as Wasm writes it. */
function leb(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

/** The module with a section that engines pass over, of bytes that nothing makes smaller. */
function withFreshBytes(module: Uint8Array, count: number): Uint8Array {
  const content = [...leb(1), 'x'.charCodeAt(0), ...randomBytes(count)];
  return Uint8Array.from([...module, customSection, ...leb(content.length), ...content]);
}

/** Where the controller is reached. */
export interface Ports {
  readonly controller: number;
  readonly mqtt: number;
}

export class ShoreAndDevice {
  readonly #context: CommandContext;
  readonly #world: DemoWorld;
  readonly #fleet: DemoFleet;
  readonly #networks: Networks;
  readonly #directory: string;
  readonly #program: string;
  readonly ports: Ports;
  #agent: ChildProcess | undefined;

  private constructor(of: {
    readonly context: CommandContext;
    readonly world: DemoWorld;
    readonly fleet: DemoFleet;
    readonly networks: Networks;
    readonly directory: string;
    readonly program: string;
  }) {
    this.#context = of.context;
    this.#world = of.world;
    this.#fleet = of.fleet;
    this.#networks = of.networks;
    this.#directory = of.directory;
    this.#program = of.program;
    const { controller, mqtt } = JSON.parse(readFileSync(`${of.directory}/controller/endpoints.json`, 'utf8'));
    this.ports = { controller: Number(new URL(controller).port), mqtt: Number(new URL(mqtt).port) };
  }

  /** The first release is in force, the device is enrolled, and its agent not started. */
  static async open(parent: string, networks: Networks, signal: AbortSignal): Promise<ShoreAndDevice> {
    const directory = `${parent}/world`;
    const context = contextOf(directory, signal);
    const whole = makeDemoFleet(context, directory);
    const fleet = { ...whole, devices: whole.devices.filter(({ name }) => name === device) };
    const { disk } = context;
    for (const { name } of whole.devices)
      if (name !== device) disk.remove(`${fleet.tree.directory}/devices/${name}.yaml`);
    disk.remove(`${fleet.tree.directory}/fleets/ships.yaml`);
    // The demo would put a link of its own before the agent, and one whose reports come far too often.
    const world = new DemoWorld(context, context.demo, { ...fleet, devices: [] }, directory);
    await world.commit('The first');
    const hostnames = ['127.0.0.1', addresses.shore, shoreName].join(',');
    const controller = { 'http.host': '0.0.0.0', 'mqtt.host': '0.0.0.0', hostnames };
    await world.start({ controller, mosquitto: false });
    const program = await bundleAgent(`${context.projectDirectory}/.cache/agent`);
    const made = new ShoreAndDevice({ context, world, fleet, networks, directory, program });
    await made.#enroll();
    return made;
  }

  get #device() {
    return this.#fleet.devices[0]!;
  }

  /** On shore, as in a workshop: what that costs is no matter of the link. */
  async #enroll(): Promise<void> {
    const { directory } = this.#device;
    const options = {
      device,
      controller: `https://127.0.0.1:${this.ports.controller}`,
      mqtt: `127.0.0.1:${this.ports.mqtt}`,
      ca: `${this.#directory}/controller/authority/ca.pem`,
      trustRoot: `${this.#fleet.tree.directory}/trust/1.root.json`,
      directory,
      stateDirectoryUsual: stateOf(this.#device),
      wait: true,
    };
    const readConfiguration = async () => (await this.#context.loadConfiguration('agent', directory)).value;
    const outcome = await enroll({ ...this.#context, print: () => {}, readConfiguration }, options);
    if (outcome !== 'enrolled') throw new Error(`${device} is ${outcome}`);
    this.#replaceHost('127.0.0.1', addresses.shore);
  }

  /** From its next start on the device knows the shore by its name. */
  knowByName(): void {
    this.#replaceHost(addresses.shore, shoreName);
  }

  #replaceHost(from: string, to: string): void {
    const file = `${this.#device.directory}/fleet.config.yaml`;
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
  }

  get controllerDirectory(): string {
    return `${this.#directory}/controller`;
  }

  /** In a network of its own, in which nothing is left of what was before; it tells the world how it likes in its log. Gives the moment of its start. */
  async startAgent(): Promise<number> {
    const [program, ...words] = await this.#networks.startDevice();
    const log = openSync(this.#world.logOf(device), 'a');
    const args = [...words, process.execPath, this.#program, '--config', `${this.#device.directory}/fleet.config.yaml`];
    const startMs = Date.now();
    this.#agent = spawn(program!, args, { detached: true, stdio: ['ignore', log, log] });
    return startMs;
  }

  /** As when the power goes: nothing of it says a word more. */
  async killAgent(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    process.kill(-agent.pid!, 'SIGKILL');
    await once(agent, 'exit');
  }

  /** Commits a new release that differs by so many bytes, and tells which revision that is. */
  async release(freshBytes: number, version = nextVersion): Promise<string> {
    const { tree } = this.#fleet;
    const file = exampleModule(this.#context.projectDirectory, 'harbor', changedApplication, '1.1.0');
    const bytes = withFreshBytes(readFileSync(file), freshBytes);
    const { random, clock } = this.#context;
    addRelease(tree, { name: changedApplication, version, bytes, file, random, now: clock.now() });
    const manifest = `${tree.directory}/applications/${changedApplication}.yaml`;
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/release: \S+/, `release: ${version}`));
    return await this.#world.commit(version);
  }

  /** What the shore says of the device. */
  async told(): Promise<DeviceStatus | undefined> {
    return (await fetchStatus(this.#world.context)).devices.find(({ name }) => name === device);
  }

  /** The sequence of the deployment by which the device is to have a revision; undefined before that is issued. */
  async issued(revision: string): Promise<number | undefined> {
    const { desired } = (await this.told()) ?? {};
    return desired?.revision === revision ? desired.sequence : undefined;
  }

  /** Whom the shore did not let in, and why. */
  async refusals(): Promise<readonly string[]> {
    const { refusals } = await fetchStatus(this.#world.context);
    return refusals.map(
      ({ device: name = '?', address, message, code }) => `${name} at ${address}: ${message} ${code}`,
    );
  }

  /** What the device says of itself, asked on the spot. */
  truth(): AgentStatus | undefined {
    return readStatus(this.#context.disk, stateOf(this.#device));
  }

  /** When its application printed its first line, of those since then; undefined while there is none. */
  firstLineMs(sinceMs: number): number | undefined {
    const { logDirectory } = stateLayout(stateOf(this.#device));
    const lines = (readLog(this.#context.disk, logDirectory, changedApplication) ?? '').split('\n');
    const at = lines.filter((line) => line.includes(firstWords)).map((line) => Date.parse(line.split(' ')[0]!));
    return at.find((ms) => ms >= sinceMs);
  }

  async stop(): Promise<void> {
    await this.killAgent();
    await this.#world.stop();
  }
}
