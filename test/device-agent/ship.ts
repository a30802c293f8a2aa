/** A device in memory: simulated disk, time and link around a real agent, which can be killed and started again. */
import { generateKeyPairSync } from 'node:crypto';
import { type Agent, createAgent } from '../../device-agent/agent.ts';
import { CarryingCourier } from '../../device-agent/courier/carrying-courier.ts';
import type { Discover } from '../../device-agent/neighbours/ask-neighbours.ts';
import type { Want } from '../../device-agent/neighbours/wants.ts';
import type { RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { ShadowLink, ShadowLinkHandlers } from '../../device-agent/transport/shadow-link.ts';
import type { Log } from '../../platform/ports.ts';
import { type Life, SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { signMessages } from '../../schemas/carried-messages.ts';
import type { AgentConfiguration, Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators/report.js';
import { signReceipt } from '../../schemas/receipt.ts';
import type { Fate } from '../sim/disk-crash.ts';
import { SimDisk } from '../sim/sim-disk.ts';
import { SimDoors } from '../sim/sim-doors.ts';
import type { SimLan } from '../sim/sim-lan.ts';
import { SimLink, simNetwork, simWays } from '../sim/sim-network.ts';
import { SimRuntime } from '../sim/sim-runtime.ts';
import { SimSurroundings } from '../sim/sim-surroundings.ts';
import { type Shore, sha256, startMs } from './shore.ts';

/** The key of the device, as PEM. */
export const deviceKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

const configuration = {
  ...{ device: 'anna', stateDirectory: '/state', controller: 'https://shore', trustRoot: '/born/root.json', ca: '/ca' },
  mqtt: { host: 'shore' },
  reportIntervalSeconds: 900,
};

const quality = {
  latencyMs: 10,
  bytesPerSecond: 1_000_000,
  cutProbability: 0,
  flipProbability: 0,
  cacheProbability: 0,
};

/** What a device is born with. */
export function bornDisk(shore: Shore, capacityBytes?: number): SimDisk {
  const disk = new SimDisk(capacityBytes);
  disk.makeDirectory('/born');
  {
    using file = disk.open('/born/root.json', 'write');
    file.write(0, shore.bornRoot);
    file.sync();
  }
  disk.syncDirectory('/born');
  disk.syncDirectory('/');
  return disk;
}

export class Ship {
  readonly shore: Shore;
  readonly time: SimTime;
  readonly disk: SimDisk;
  readonly link = new SimLink('anna', quality);
  readonly random: SimRandom;
  readonly surroundings = new SimSurroundings();
  readonly doors = new SimDoors();
  readonly reports: Report[] = [];
  readonly logged: string[] = [];
  /** Over which nothing comes, though they lead out. */
  readonly deadInterfaces = new Set<string>();
  /** What it knew as desired when it was started last. */
  known: unknown;
  /** How wrong the device's own clock is. */
  skewMs = 0;
  /** Counts how often its power came. */
  machineBoot = 1;
  /** Its name. */
  device = 'anna';
  /** Addresses of devices beside it, and the network that they are on. */
  neighbours: readonly string[] = [];
  lan: SimLan | undefined;
  /** Looks for others on it. */
  discover: Discover | undefined;
  /** What they are told. */
  onWants: (wants: readonly Want[]) => void = () => {};
  /** What it may spend on unpacking. */
  unpack: NonNullable<AgentConfiguration['unpack']> = {};
  /** What the shadow holds. */
  desired: unknown;
  /** Called before a module runs. */
  onRun: (name: string, bytes: Uint8Array, application: RunnableApplication) => void = () => {};
  /** What the shore answers to what the outbox sends. */
  onPart: (part: Uint8Array) => Uint8Array | undefined = () => undefined;
  #life: Life = { alive: false };
  #handlers: ShadowLinkHandlers | undefined;
  agent: Agent | undefined;
  courier: CarryingCourier | undefined;
  runtime: SimRuntime | undefined;

  constructor(shore: Shore, disk = bornDisk(shore), time = new SimTime(startMs), random = new SimRandom(1)) {
    this.shore = shore;
    this.disk = disk;
    this.time = time;
    this.random = random;
    this.link.onChange((up) => this.#connection(up));
  }

  #connection(up: boolean): void {
    if (!this.#life.alive) return;
    this.#handlers?.onConnection(up);
    if (up && this.desired !== undefined) this.#handlers?.onDesired(this.desired);
  }

  #shadowLink(life: Life): ShadowLink {
    return {
      start: (handlers) => {
        this.#handlers = handlers;
        this.known = handlers.desired;
        this.time.clock(life).after(1, () => this.link.up && this.#connection(true));
      },
      report: async (report) => {
        await this.time.clock(life).sleep(5);
        if (!this.link.up) return 'offline';
        if (!isReport(report)) return 'rejected';
        this.reports.push(report);
        return 'accepted';
      },
      sendBatchPart: async (part) => {
        await this.time.clock(life).sleep(5);
        if (!this.link.up) return false;
        const answer = this.onPart(part);
        if (answer !== undefined) this.time.clock(life).after(5, () => this.#handlers?.onBatchAnswer(answer));
        return true;
      },
      orderParcel: async (order) => {
        await this.time.clock(life).sleep(5);
        return this.link.up ? this.shore.orderParcel(order) : undefined;
      },
      lookAgain: () => {},
      wake: () => 0,
      isFollowed: false,
      stop: async () => {
        this.#handlers = undefined;
      },
    };
  }

  /** Starts the agent; false when the disk failed under it. */
  boot(): boolean {
    const life: Life = { alive: true };
    this.#life = life;
    const clock = this.time.clock(life, () => this.skewMs);
    const log: Log = {
      write: (level, event, fields) => this.logged.push(`${level} ${event} ${JSON.stringify(fields)}`),
    };
    this.runtime = new SimRuntime(this.disk, clock, (application, bytes) => {
      const { name, sha256: digest } = application;
      if (sha256(bytes) !== digest) throw new Error(`${name} runs with other bytes than the deployment names`);
      this.onRun(name, bytes, application);
    });
    const options = { time: this.time, random: this.random, link: this.link, life, keyFingerprint: 'SHA256:x' };
    try {
      const { device } = this;
      const { discover } = this;
      const neighbours = { known: [...this.neighbours], ...(discover && { discover: ['lan0'] }) };
      const settings = { ...configuration, device, unpack: this.unpack, neighbours };
      const outside = {
        configuration: settings,
        stateDirectory: '/state',
        disk: this.disk,
        clock,
        random: this.random,
      };
      const server = () => this.shore.handle;
      this.agent = createAgent({
        ports: { clock, disk: this.disk, random: this.random, log },
        configuration: settings,
        ...{
          runtime: this.runtime,
          link: this.#shadowLink(life),
          agentVersion: '0.1.0',
          machineBoot: this.machineBoot,
        },
        ...{ ways: simWays(this.link, clock), surroundings: this.surroundings, doors: this.doors },
        signReceipt: (report) => signReceipt(device, report, deviceKey),
        signMessages: (claim) => signMessages(claim, deviceKey),
        openCourier: (shared) => {
          this.courier = new CarryingCourier({
            ...outside,
            ...shared,
            onWants: (wants) => this.onWants(wants),
            ...(this.lan === undefined ? {} : { lan: this.lan.networkOf(device, clock) }),
            ...(discover && { discover }),
            network: simNetwork({
              ...{ ...options, server, wayOut: shared.wayOut, countTravel: shared.countTravel },
              isDead: (via) => this.deadInterfaces.has(via),
            }),
          });
          return this.courier;
        },
      });
      this.agent.start();
      return true;
    } catch {
      return false;
    }
  }

  /** The power goes; what was not synced fares as `fate` has it. */
  cutPower(fate: Fate): void {
    this.#life.alive = false;
    this.#handlers = undefined;
    this.machineBoot += 1;
    this.disk.crash(fate);
    this.disk.restart();
  }

  /** A device of its own, as a power cut now would leave this one; what it reported, and what the shadow holds, is known of it. */
  copyAfterCut(fate: Fate): Ship {
    const time = new SimTime(this.time.now);
    const copy = new Ship(this.shore, this.disk.copyAfterCrash(fate), time, this.random.stream('after a cut'));
    copy.reports.push(...this.reports);
    copy.machineBoot = this.machineBoot + 1;
    Object.assign(copy, { desired: this.desired, onRun: this.onRun, unpack: this.unpack, skewMs: this.skewMs });
    return copy;
  }

  /** The shadow's desired state changes. */
  want(desired: unknown): void {
    this.desired = desired;
    if (this.#life.alive && this.link.up) this.#handlers?.onDesired(desired);
  }

  /** A program aboard writes a fact, by the machine's clock. */
  tell(fact: string, text: string): void {
    this.surroundings.write(`/state/facts.d/${fact}`, text, { now: () => this.time.now + this.skewMs });
  }

  /** A program aboard asks the agent. */
  async ask(question: object): Promise<Record<string, unknown>> {
    return JSON.parse(await this.doors.ask('/state/agent.sock', JSON.stringify(question)));
  }

  run(seconds: number): Promise<void> {
    return this.time.runUntil(this.time.now + seconds * 1000);
  }

  /** What runs, as `name version`. */
  running(): string[] {
    return (this.runtime?.states() ?? []).map(({ name, version }) => `${name} ${version}`);
  }

  get report(): Report {
    return this.agent!.status().report;
  }
}
