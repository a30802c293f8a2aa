/** One device of the simulated world: a real agent on a disk, a clock, and a link that are all worth distrusting. */
import { type Agent, type AgentOptions, createAgent } from '../../device-agent/agent.ts';
import type { CourierProcess } from '../../device-agent/courier/courier-process.ts';
import type { AppRuntime, RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { ShadowLink } from '../../device-agent/transport/shadow-link.ts';
import type { Clock, CountTravel, HttpHandler, Log, Network } from '../../platform/ports.ts';
import { DiskError } from '../../platform/ports.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { signMessages } from '../../schemas/carried-messages.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';
import { signReceipt } from '../../schemas/receipt.ts';
import type { Checkers } from './checkers.ts';
import type { Fate } from './disk-crash.ts';
import { nameOf } from './machine.ts';
import { type AgentStart, liveOffline, noLog } from './offline-life.ts';
import type { SimBroker } from './sim-bus.ts';
import { simCourier } from './sim-courier.ts';
import { PowerCut, SimDisk } from './sim-disk.ts';
import { SimDoors } from './sim-doors.ts';
import { drawKey, type SimKey } from './sim-key.ts';
import { type SimContact, simLine } from './sim-line.ts';
import { type LinkQuality, SimLink, simNetwork, simWays } from './sim-network.ts';
import { diskOf, type ProcessLife } from './sim-process.ts';
import { SimRuntime } from './sim-runtime.ts';
import { SimSurroundings } from './sim-surroundings.ts';
import type { Trace } from './trace.ts';

/** What all devices of a world share. */
export interface DeviceWorld {
  readonly time: SimTime;
  readonly trace: Trace;
  readonly checkers: Checkers;
  readonly broker: SimBroker;
  /** The controller's server as this device reaches it; undefined while that is down. */
  readonly server: (device: string) => HttpHandler | undefined;
}

/** What a device has from its birth. */
export interface DeviceBirth {
  readonly quality: LinkQuality;
  readonly bornRoot: Uint8Array;
  readonly contact: SimContact;
}

/** A broker notices within this time that a device is gone without a word. */
const silentMsMax = 30 * 60_000;

/** On a disk with less an agent may not be able to write down that it was started. */
const roomForWords = 65_536;

/** A process that meets with something soon after it was told what to run does so within this time. */
const unluckyMsMax = 60_000;

/** The end of the process, and a full disk, are no fault of the agent's. */
function isExpected(error: unknown): boolean {
  return error instanceof PowerCut || (error instanceof DiskError && error.code === 'NO_SPACE');
}

export class SimDevice {
  readonly name: string;
  /** Which of the machines under its name, for those who know what each did. */
  readonly machine: string;
  /** Of the machine that has its name now. */
  key: SimKey;
  disk: SimDisk;
  readonly link: SimLink;
  readonly random: SimRandom;
  /** How wrong its clock is, in milliseconds. */
  skewMs = 0;
  /** When its agent was started last. */
  bootedAt = 0;
  /** How often its couriers die on the way. */
  courierMortality = 0;
  /** How often a process of its applications ends within a minute after it was told what to run. */
  hostMortality = 0;
  readonly #world: DeviceWorld;
  readonly #bornRoot: Uint8Array;
  readonly #contact: SimContact;
  #courier: CourierProcess | undefined;
  #clone: SimDevice | undefined;
  #clones = 0;
  /** How often its power came. */
  #powers = 1;
  /** As it was at the last start. */
  #powersBefore = 1;
  #life: ProcessLife = { alive: false, onEnd: () => {} };
  #agent: Agent | undefined;
  #runtime: SimRuntime | undefined;
  #applied: readonly RunnableApplication[] = [];
  /** Called when its power or its agent is gone, whoever took it. */
  onDown: () => void = () => {};

  constructor(world: DeviceWorld, machine: string, random: SimRandom, { quality, bornRoot, contact }: DeviceBirth) {
    this.#world = world;
    this.name = nameOf(machine);
    this.machine = machine;
    this.random = random;
    this.link = new SimLink(this.name, quality);
    this.#bornRoot = bornRoot;
    this.#contact = contact;
    this.key = drawKey(random);
    this.disk = this.#newDisk();
  }

  #newDisk(): SimDisk {
    const disk = new SimDisk();
    disk.makeDirectory('/born');
    using file = disk.open('/born/root.json', 'write');
    file.write(0, this.#bornRoot);
    file.sync();
    disk.syncDirectory('/born');
    disk.syncDirectory('/');
    return disk;
  }

  get keyFingerprint(): string {
    return this.key.fingerprint;
  }

  get alive(): boolean {
    return this.#life.alive;
  }

  /** What its app host was told to run last; nothing while it is off. */
  get applied(): readonly RunnableApplication[] {
    return this.alive ? this.#applied : [];
  }

  #configuration(): AgentConfiguration {
    return {
      ...{ device: this.name, stateDirectory: '/state', controller: 'https://shore', trustRoot: '/born/root.json' },
      ...{ ca: '/ca', mqtt: { host: 'shore' }, reportIntervalSeconds: 3600, contact: this.#contact },
    };
  }

  #createAgent(start: AgentStart): Agent {
    const { clock, disk, log, link, openCourier } = start;
    const runtime = new SimRuntime(disk, clock, start.onRun);
    start.onRuntime?.(runtime);
    const watched: AppRuntime = {
      apply: (applications) => {
        start.onApply(applications);
        return runtime.apply(applications);
      },
      states: () => runtime.states(),
      lastDeath: () => runtime.lastDeath(),
      ask: (application) => runtime.ask(application),
      call: (application) => runtime.call(application),
      onChange: (handler) => runtime.onChange(handler),
      stop: () => runtime.stop(),
    };
    const ports = { clock, disk, random: this.random, log };
    return createAgent({
      ...{ ports, configuration: this.#configuration(), runtime: watched, link, openCourier, agentVersion: '0.1.0' },
      signReceipt: (report) => signReceipt(this.name, report, this.key.pem),
      signMessages: (claim) => signMessages(claim, this.key.pem),
      ...{ ways: simWays(this.link, clock), surroundings: new SimSurroundings(), doors: new SimDoors() },
      machineBoot: this.#powers,
    });
  }

  /** Power is there and the agent starts. */
  boot(): void {
    const { time, trace, checkers } = this.#world;
    const life: ProcessLife = { alive: true, onEnd: () => this.#ended('cut') };
    this.#life = life;
    this.bootedAt = time.now;
    this.#applied = [];
    checkers.hosts.booted(this.machine);
    trace.write('boot', this.machine);
    const clock = time.clock(life, () => this.skewMs);
    try {
      this.#agent = this.#createAgent({
        ...{ clock, disk: diskOf(life, this.disk), log: this.#log(life) },
        link: this.#watchedLink(life, clock),
        openCourier: this.#courierOf(life),
        onRuntime: (runtime) => {
          this.#runtime = runtime;
        },
        onApply: (applications) => this.#applying(applications),
        onRun: (application, bytes) => this.#world.checkers.starting(this.machine, application, bytes),
      });
      this.#agent.start();
      this.observe();
      this.#noteStart();
    } catch (error) {
      if (error instanceof PowerCut) return;
      this.#world.checkers.fail(`the agent of ${this.machine} does not start: ${error}`);
    }
  }

  /** For who knows what must be told of it. The other machine under a name is nobody's business here. */
  #noteStart(): void {
    const before = this.#powers === this.#powersBefore ? 'kill' : 'cut';
    this.#powersBefore = this.#powers;
    const { number } = this.report()?.boot ?? {};
    if (number === undefined || this.machine !== this.name) return;
    const hasRoom = this.disk.freeBytes() > roomForWords;
    this.#world.checkers.logbooks.started(this.name, number, before, hasRoom);
  }

  #courierOf(life: ProcessLife): AgentOptions['openCourier'] {
    const { time } = this.#world;
    const outside = {
      ...{ time, random: this.random, life, disk: this.disk, configuration: this.#configuration(), log: noLog },
      clockOf: (one: ProcessLife) => time.clock(one, () => this.skewMs),
      networkOf: (one: ProcessLife, countTravel: CountTravel) => this.#network(one, countTravel),
      mortality: () => this.courierMortality,
    };
    return (shared) => {
      this.#courier = simCourier({ ...outside, wayOut: shared.wayOut }, shared);
      return this.#courier;
    };
  }

  #network(life: ProcessLife, countTravel: CountTravel): Network {
    const { time, server, checkers } = this.#world;
    const { link, random, keyFingerprint, machine } = this;
    return simNetwork({
      ...{ time, random, link, life, keyFingerprint, countTravel, server: () => server(this.name) },
      onBlob: (bytes) => checkers.links.took(machine, bytes),
    });
  }

  #applying(applications: readonly RunnableApplication[]): void {
    this.#applied = applications;
    this.#world.checkers.applying(this.machine, applications);
    this.#world.trace.write(
      'run',
      this.machine,
      applications.map(({ name, version }) => `${name}@${version}`).join(' '),
    );
    const { time } = this.#world;
    if (this.random.chance(this.hostMortality)) {
      time.at(time.now + this.random.integer(0, unluckyMsMax), () => this.endHost());
    }
  }

  /** A process of its applications ends: by one of them, or by someone outside. */
  endHost(): void {
    if (!this.alive) return;
    const end = this.#runtime?.endHost(this.random);
    if (end === undefined) return;
    const { trace, checkers } = this.#world;
    trace.write('host-end', this.machine, `${end.culprit ?? 'outside'} of ${end.residents.join(' ')}`);
    checkers.hosts.ended(this.machine, end);
  }

  #log(life: ProcessLife): Log {
    return {
      write: (level, event, fields) => {
        if (!life.alive) return;
        const { trace, checkers, time } = this.#world;
        if (level === 'error' && !isExpected(fields?.error)) {
          checkers.fail(`the agent of ${this.machine} complains of ${event}: ${fields?.error}`);
        }
        if (event !== 'engine.phase') return;
        trace.write('phase', this.machine, `${fields?.phase} ${fields?.highest} ${fields?.problem ?? ''}`);
        // The agent remembers right after it has logged.
        time.at(time.now, () => this.observe());
      },
    };
  }

  #watchedLink(life: ProcessLife, clock: Clock): ShadowLink {
    const { broker, checkers, trace } = this.#world;
    const link = simLine({
      ...{ broker, link: this.link, life, clock, random: this.random, log: this.#log(life), contact: this.#contact },
      ask: (question, signal) => this.#courier!.news(question, signal),
      send: (part, signal) => this.#courier!.part(part, signal),
    });
    return {
      get isFollowed() {
        return link.isFollowed;
      },
      get asks() {
        return link.asks;
      },
      start: (handlers) => link.start(handlers),
      report: (report) => {
        trace.write('report', this.machine, `${report.counter} ${report.phase} ${report.running?.sequence}`);
        checkers.reported(this.machine, report, { applications: this.#applied, keyFingerprint: this.keyFingerprint });
        return link.report(report);
      },
      sendBatchPart: (part) => link.sendBatchPart(part),
      orderParcel: (order) => link.orderParcel(order),
      lookAgain: () => link.lookAgain(),
      wake: () => link.wake(),
      unsaid: () => link.unsaid?.(),
      stop: () => link.stop(),
    };
  }

  /** Lets the checkers look at what the agent holds true now. */
  observe(): void {
    const report = this.report();
    if (report !== undefined) this.#world.checkers.observed(this.machine, report);
  }

  report() {
    return this.alive ? this.#agent?.status().report : undefined;
  }

  #ended(how: string): void {
    const { time, trace, broker, checkers } = this.#world;
    this.#life.alive = false;
    checkers.links.ended(this.machine);
    trace.write(how, this.machine);
    const life = this.#life;
    time.at(time.now + this.random.integer(0, silentMsMax), () => {
      if (this.#life === life) broker.drop(this.name);
    });
    this.onDown();
  }

  /** The power goes in `operations` disk operations from now. */
  cutPowerAfter(operations: number): void {
    this.disk.crashAfter(operations);
  }

  /** The power goes now. */
  cutPower(): void {
    if (!this.alive) return;
    this.#ended('cut');
  }

  /** After the power went: what was not synced is settled. */
  settle(fate: Fate): void {
    this.#powers += 1;
    this.disk.crash(fate);
    this.disk.restart();
  }

  /** The agent's process is killed; the disk's cache lives on. */
  kill(): void {
    if (!this.alive) return;
    this.#ended('kill');
    this.disk.restart();
  }

  /** The machine breaks, and one that knows nothing takes its place, with a key of its own. */
  remake(): void {
    const { broker, checkers, trace } = this.#world;
    trace.write('remade', this.machine);
    this.endClone();
    this.cutPower();
    broker.drop(this.name);
    this.key = drawKey(this.random);
    this.disk = this.#newDisk();
    checkers.remade(this.name);
  }

  /** Its disk, as a power cut now would leave it, is put into another machine, which runs beside it under the same name and key. */
  startClone(fate: Fate): void {
    this.endClone();
    this.#clones += 1;
    const machine = `${this.name}/${this.#clones}`;
    const clone = new SimDevice(this.#world, machine, this.random.stream(machine), {
      ...{ quality: this.link.quality, bornRoot: this.#bornRoot, contact: this.#contact },
    });
    clone.key = this.key;
    clone.disk = this.disk.copyAfterCrash(fate);
    this.#world.checkers.cloned(this.machine, machine);
    this.#clone = clone;
    clone.link.set(true);
    clone.boot();
  }

  /** The other machine is switched off for good. */
  endClone(): void {
    this.#clone?.cutPower();
    this.#clone = undefined;
  }

  /** Whether another machine runs under its name and key. */
  get hasClone(): boolean {
    return this.#clone !== undefined;
  }

  /** Starts a copy of it, as a power cut now would leave it, in a world of its own without a link. */
  checkOffline(fate: Fate): () => Promise<void> {
    const { checkers, time } = this.#world;
    const disk = this.disk.copyAfterCrash(fate);
    const known = checkers.knownOf(this.machine);
    return async () => {
      const { report, applied } = await liveOffline({
        ...{ disk, at: time.now, configuration: this.#configuration() },
        createAgent: (start) => this.#createAgent(start),
        onRun: (application, bytes) => checkers.starting(this.machine, application, bytes),
      });
      checkers.bootedOffline(this.machine, known, report, applied);
    };
  }
}
