/** The demo's processes: one controller, an agent for each device, and a link for each site that can be cut. */
import { nodeFlags } from '../../controller/node-flags.ts';
import { enroll } from '../../device-agent/command/enroll.ts';
import { writeFileDurably } from '../../platform/durable-file.ts';
import type { ChildProcess } from '../../platform/ports.ts';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchStatus } from '../fetch-status.ts';
import { obstacle } from '../wait-verdict.ts';
import { type DemoDevice, type DemoFleet, stateOf } from './demo-fleet.ts';
import type { DemoPorts, Relay } from './demo-ports.ts';
import { Service } from './service.ts';

/** What ended is started again after this long, unless `DemoSettings` say otherwise. */
const usualRestartMs = 3_000;
const pollMs = 250;
const readyMsMax = 30_000;
/** What a shell and its kin end with when there is no such program. */
const notFound = 127;

/**
 * How often an agent gives a sign of life. A fleet whose devices are dark after a minute of silence needs it far more
 * often than a ship does: a broker that is not ours does not tell who is connected.
 */
const reportIntervalSeconds = 5;

/** How a demo differs from the usual one. */
export interface DemoSettings {
  /** Keys of the controller section. */
  readonly controller: Readonly<Record<string, string>>;
  /** Whether the installed Mosquitto is the broker. */
  readonly mosquitto: boolean;
  readonly restartMs?: number;
}

/** Debian keeps it where only root's PATH leads. */
const systemPrograms = '/usr/local/sbin:/usr/sbin';

interface Endpoints {
  readonly controller: number;
  readonly mqtt: number;
}

/** Found by every `fleet` that runs in the repository below; not part of it, because it speaks of this machine. */
function configurationText(endpoints: Endpoints | undefined): string {
  const controller = endpoints === undefined ? '' : `  controller: https://127.0.0.1:${endpoints.controller}\n`;
  return `controller:
  stateDirectory: controller
  keys: fleet/.fleet/keys/online
  source:
    url: fleet
    schedule: '* * * * * *'
cli:
${controller}  ca: controller/authority/ca.pem
  tokenFile: controller/api-token
`;
}

export class DemoWorld {
  readonly #context: CommandContext;
  readonly #ports: DemoPorts;
  readonly #fleet: DemoFleet;
  readonly #directory: string;
  readonly #services = new Map<string, Service>();
  readonly #relays = new Map<string, readonly Relay[]>();
  #isStopping = false;
  #url: string | undefined;
  #restartMs = usualRestartMs;
  /** Why this world cannot work. */
  #broken: CommandError | undefined;

  constructor(context: CommandContext, ports: DemoPorts, fleet: DemoFleet, directory: string) {
    const file = `${directory}/fleet.config.yaml`;
    this.#context = {
      ...context,
      directory: fleet.tree.directory,
      // A device has a configuration of its own, where enrolment writes it.
      loadConfiguration: (section, from, flags) =>
        context.loadConfiguration(section, from, flags, section === 'agent' ? undefined : file),
    };
    this.#ports = ports;
    this.#fleet = fleet;
    this.#directory = directory;
  }

  get context(): CommandContext {
    return this.#context;
  }

  /** The controller, Mosquitto, or the agent of the device of that name. */
  service(name: string): Service | undefined {
    return this.#services.get(name);
  }

  pidOf(name: string): number | undefined {
    return this.#services.get(name)?.pid;
  }

  logOf(name: string): string {
    return `${this.#directory}/logs/${name}.log`;
  }

  /** The file whose content `down` cuts a site's link. */
  linkFile(site: string): string {
    return `${this.#directory}/links/${site}`;
  }

  status(): Promise<StatusDocument> {
    return fetchStatus(this.#context);
  }

  /** Where its controller answers; undefined before it does. */
  get url(): string | undefined {
    return this.#url;
  }

  commit(message: string): Promise<string> {
    return this.#ports.commitAll(this.#fleet.tree.directory, message);
  }

  /** Starts the controller on free ports, which it keeps for as long as the demo lasts, then every agent. */
  async start({ controller, mosquitto, restartMs = usualRestartMs }: DemoSettings): Promise<void> {
    const { disk } = this.#context;
    this.#restartMs = restartMs;
    for (const folder of ['logs', 'links']) disk.makeDirectory(`${this.#directory}/${folder}`);
    const program = await this.#ports.bundleAgent();
    const external = mosquitto ? { 'mqtt.external': `mqtts://127.0.0.1:${await this.#ports.freePort()}` } : {};
    const endpoints = await this.#startController({ ...controller, ...external });
    // Before that the controller knows no device, and would say so of each that asks.
    await this.until(({ source }) => (source.tip === undefined ? 'no commit was read' : undefined), readyMsMax);
    if (mosquitto) this.#startMosquitto();
    for (const site of new Set(this.#fleet.devices.map((device) => device.site)))
      await this.#startLink(site, endpoints);
    for (const device of this.#fleet.devices) await this.#startAgent(device, program);
    this.#followLinks();
  }

  #serve(name: string, start: () => ChildProcess): void {
    this.#services.set(name, new Service(this.#context.clock, this.#restartMs, start));
  }

  #writeConfiguration(endpoints: Endpoints | undefined): void {
    const bytes = new TextEncoder().encode(configurationText(endpoints));
    writeFileDurably(this.#context.disk, this.#directory, 'fleet.config.yaml', bytes);
  }

  async #startController(settings: Readonly<Record<string, string>>): Promise<Endpoints> {
    const { processes, projectDirectory } = this.#context;
    const file = `${this.#directory}/controller/endpoints.json`;
    this.#writeConfiguration(undefined);
    const flags = { 'http.port': '0', 'mqtt.port': '0', ...settings };
    const outputFile = this.logOf('controller');
    const options = { outputFile, directory: this.#fleet.tree.directory, flags: nodeFlags };
    const run = (given: Readonly<Record<string, string>>): ChildProcess => {
      const settings = Object.entries(given).map(([key, value]) => `--${key}=${value}`);
      const args = ['--config', `${this.#directory}/fleet.config.yaml`, ...settings];
      return processes.start(`${projectDirectory}/controller/main.ts`, args, options);
    };
    let ports = flags;
    this.#serve('controller', () => {
      const child = run(ports);
      child.onExit(() => {
        // One that was never ready will not be at its next start either.
        if (this.#context.disk.stat(file) === undefined)
          this.#broken = this.#failure('the controller ended before it was ready', 'controller');
      });
      return child;
    });
    const endpoints = await this.#endpoints(file);
    this.#writeConfiguration(endpoints);
    this.#url = `https://127.0.0.1:${endpoints.controller}`;
    ports = { ...flags, 'http.port': String(endpoints.controller), 'mqtt.port': String(endpoints.mqtt) };
    return endpoints;
  }

  /** The installed Mosquitto with the configuration that the controller wrote for it; it ends when this process does. */
  #startMosquitto(): void {
    const { environment } = this.#context;
    const args = ['--pdeathsig', 'KILL', 'mosquitto', '-c', `${this.#directory}/controller/mosquitto/mosquitto.conf`];
    const options = {
      outputFile: this.logOf('mosquitto'),
      environment: { PATH: `${environment.PATH ?? ''}:${systemPrograms}` },
    };
    const start = (): ChildProcess => {
      const child = this.#ports.programs.start('setpriv', args, options);
      child.onExit(({ code }) => {
        if (code === notFound) this.#broken = this.#failure('mosquitto was not started', 'mosquitto');
      });
      return child;
    };
    this.#serve('mosquitto', start);
  }

  async #endpoints(file: string): Promise<Endpoints> {
    const { disk, clock, signal } = this.#context;
    const end = clock.monotonic() + readyMsMax;
    while (disk.stat(file) === undefined) {
      if (this.#broken !== undefined) throw this.#broken;
      if (clock.monotonic() > end)
        throw this.#failure(`the controller was not ready within ${readyMsMax / 1000} s`, 'controller');
      await clock.sleep(pollMs, signal);
    }
    const { controller, mqtt } = JSON.parse(new TextDecoder().decode(disk.readFile(file)));
    return { controller: Number(new URL(controller).port), mqtt: Number(new URL(mqtt).port) };
  }

  async #startLink(site: string, { controller, mqtt }: Endpoints): Promise<void> {
    this.#relays.set(site, [await this.#ports.startRelay(controller), await this.#ports.startRelay(mqtt)]);
    this.#context.disk.open(this.linkFile(site), 'write').close();
  }

  /** Links follow their files, so that a user can cut one with a shell. */
  #followLinks(): void {
    const { disk, clock } = this.#context;
    for (const [site, relays] of this.#relays) {
      const isDown = new TextDecoder().decode(disk.readFile(this.linkFile(site))).trim() === 'down';
      for (const relay of relays) relay.set(!isDown);
    }
    clock.after(pollMs, () => {
      if (!this.#isStopping) this.#followLinks();
    });
  }

  async #startAgent(device: DemoDevice, program: string): Promise<void> {
    const { processes } = this.#context;
    const [controller, mqtt] = this.#relays.get(device.site)!;
    const state = `${this.#directory}/controller`;
    const lines: string[] = [];
    const outcome = await enroll(
      {
        ...this.#context,
        print: (text) => lines.push(text),
        readConfiguration: async () => (await this.#context.loadConfiguration('agent', device.directory)).value,
      },
      {
        device: device.name,
        controller: `https://127.0.0.1:${controller!.port}`,
        mqtt: `127.0.0.1:${mqtt!.port}`,
        ca: `${state}/authority/ca.pem`,
        trustRoot: `${this.#fleet.tree.directory}/trust/1.root.json`,
        directory: device.directory,
        stateDirectoryUsual: stateOf(device),
        wait: true,
      },
    );
    if (outcome !== 'enrolled')
      throw this.#failure(`${device.name} was not enrolled: ${lines.at(-1)?.trim()}`, 'controller');
    const outputFile = this.logOf(device.name);
    const settings = [`--reportIntervalSeconds=${reportIntervalSeconds}`];
    const args = ['--config', `${device.directory}/fleet.config.yaml`, ...settings];
    const start = (): ChildProcess => processes.start(program, args, { outputFile });
    this.#serve(device.name, start);
  }

  /** Waits until every device runs `revision`; throws with the reason when it takes longer than `timeoutMs`. */
  converge(revision: string, timeoutMs: number): Promise<StatusDocument> {
    return this.until((status) => obstacle(status, revision), timeoutMs);
  }

  /** Waits until nothing is in the way any more; throws with what was when it takes too long. */
  async until(inTheWay: (status: StatusDocument) => string | undefined, timeoutMs: number): Promise<StatusDocument> {
    const { clock, signal } = this.#context;
    const end = clock.monotonic() + timeoutMs;
    let last = '';
    for (;;) {
      if (this.#broken !== undefined) throw this.#broken;
      try {
        const status = await this.status();
        const seen = inTheWay(status);
        if (seen === undefined) return status;
        last = seen;
      } catch (error) {
        if (!(error instanceof CommandError) || error.exitCode !== exitCodes.unreachable) throw error;
        last = error.message;
      }
      if (clock.monotonic() > end)
        throw this.#failure(`not there after ${Math.round(timeoutMs / 1000)} s: ${last}`, 'controller');
      await clock.sleep(pollMs, signal);
    }
  }

  #failure(message: string, name: string): CommandError {
    let tail = '';
    try {
      const text = new TextDecoder().decode(this.#context.disk.readFile(this.logOf(name)));
      tail = `\nThe last lines of ${this.logOf(name)}:\n${text.trimEnd().split('\n').slice(-10).join('\n')}`;
    } catch {
      // The program never wrote a line: there is nothing more to tell.
    }
    return new CommandError(message + tail);
  }

  /** Stops every program and waits until it has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const relays of this.#relays.values()) for (const relay of relays) relay.close();
    const { controller, mosquitto, ...agents } = Object.fromEntries(this.#services);
    await Promise.all(Object.values(agents).map((service) => service.stop()));
    await controller?.stop();
    await mosquitto?.stop();
  }
}
