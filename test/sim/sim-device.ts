/** One device of the simulated world: a real agent on a disk, a clock, and a link that are all worth distrusting. */
import type { RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { Fate } from './disk-crash.ts';
import { nameOf } from './machine.ts';
import { liveOffline } from './offline-life.ts';
import { type AgentMachine, configurationOf, createOn, type DeviceWorld, SimAgent } from './sim-agent.ts';
import { SimIdentity } from './sim-certificates.ts';
import { PowerCut, SimDisk } from './sim-disk.ts';
import { SimDoors } from './sim-doors.ts';
import { drawKey, type SimKey } from './sim-key.ts';
import { addressOf, type Beside } from './sim-lan.ts';
import type { SimContact } from './sim-line.ts';
import { type LinkQuality, SimLink } from './sim-network.ts';
import type { ProcessLife } from './sim-process.ts';

/** What a device has from its birth. */
export interface DeviceBirth {
  readonly quality: LinkQuality;
  readonly bornRoot: Uint8Array;
  readonly contact: SimContact;
  /** The network of its site, where it knows others; a copy of its disk elsewhere is not on it. */
  readonly beside?: Beside;
}

/** A broker notices within this time that a device is gone without a word. */
const silentMsMax = 30 * 60_000;

/** On a disk with less an agent may not be able to write down that it was started. */
const roomForWords = 65_536;

export class SimDevice implements AgentMachine {
  readonly world: DeviceWorld;
  readonly name: string;
  /** Which of the machines under its name, for those who know what each did. */
  readonly machine: string;
  /** Of the machine that has its name now. */
  key: SimKey;
  /** Enrolled by whoever set it up. */
  identity: SimIdentity;
  disk: SimDisk;
  readonly link: SimLink;
  readonly random: SimRandom;
  readonly contact: SimContact;
  readonly beside: Beside | undefined;
  /** How wrong its clock is, in milliseconds. */
  skewMs = 0;
  /** When its agent was started last. */
  bootedAt = 0;
  /** How often its couriers die on the way. */
  courierMortality = 0;
  /** How often a process of its applications ends within a minute after it was told what to run. */
  hostMortality = 0;
  /** How often its power came. */
  powers = 1;
  readonly #bornRoot: Uint8Array;
  #clone: SimDevice | undefined;
  #clones = 0;
  /** As it was at the last start. */
  #powersBefore = 1;
  #life: ProcessLife = { alive: false, onEnd: () => {} };
  #agent: SimAgent | undefined;
  /** Where programs aboard ask its agent. */
  doors = new SimDoors();
  /** Called when its power or its agent is gone, whoever took it. */
  onDown: () => void = () => {};

  constructor(world: DeviceWorld, machine: string, random: SimRandom, birth: DeviceBirth) {
    const { quality, bornRoot, contact, beside } = birth;
    this.world = world;
    this.name = nameOf(machine);
    this.machine = machine;
    this.random = random;
    this.link = new SimLink(this.name, quality);
    this.#bornRoot = bornRoot;
    this.contact = contact;
    this.beside = beside;
    this.key = drawKey(random);
    this.identity = this.#enrolled(this.key);
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

  #enrolled(key: SimKey): SimIdentity {
    const { authority } = this.world;
    return new SimIdentity(authority, this.name, key, authority.issue(this.name, key.fingerprint));
  }

  get keyFingerprint(): string {
    return this.key.fingerprint;
  }

  get alive(): boolean {
    return this.#life.alive;
  }

  /** What its app host was told to run last; nothing while it is off. */
  get applied(): readonly RunnableApplication[] {
    return this.alive ? (this.#agent?.applied ?? []) : [];
  }

  /** Power is there and the agent starts. */
  boot(): void {
    const { time, trace, checkers } = this.world;
    const life: ProcessLife = { alive: true, onEnd: () => this.#ended('cut') };
    this.#life = life;
    this.bootedAt = time.now;
    checkers.hosts.booted(this.machine);
    trace.write('boot', this.machine);
    this.doors = new SimDoors();
    this.#agent = new SimAgent(this, life);
    try {
      this.#agent.start();
      this.observe();
      this.#noteStart();
    } catch (error) {
      if (error instanceof PowerCut) return;
      this.world.checkers.fail(`the agent of ${this.machine} does not start: ${error}`);
    }
  }

  /** For who knows what must be told of it. The other machine under a name is nobody's business here. */
  #noteStart(): void {
    const before = this.powers === this.#powersBefore ? 'kill' : 'cut';
    this.#powersBefore = this.powers;
    const { number } = this.report()?.boot ?? {};
    if (number === undefined || this.machine !== this.name) return;
    const hasRoom = this.disk.freeBytes() > roomForWords;
    this.world.checkers.logbooks.started(this.name, number, before, hasRoom);
  }

  /** A process of its applications ends: by one of them, or by someone outside. */
  endHost(): void {
    if (!this.alive) return;
    const end = this.#agent?.runtime?.endHost(this.random);
    if (end === undefined) return;
    const { trace, checkers } = this.world;
    trace.write('host-end', this.machine, `${end.culprit ?? 'outside'} of ${end.residents.join(' ')}`);
    checkers.hosts.ended(this.machine, end);
  }

  /** Somebody puts a file on it, which stays where it was put. */
  plug(path: string, bytes: Uint8Array): void {
    this.disk.remove(path);
    using file = this.disk.open(path, 'write');
    file.write(0, bytes);
    file.sync();
    this.disk.syncDirectory('/');
  }

  /** Lets the checkers look at what the agent holds true now. */
  observe(): void {
    const report = this.report();
    if (report !== undefined) this.world.checkers.observed(this.machine, report);
  }

  report() {
    return this.alive ? this.#agent?.report() : undefined;
  }

  #ended(how: string): void {
    const { time, trace, broker, checkers } = this.world;
    this.#life.alive = false;
    checkers.links.ended(this.machine);
    checkers.health.ended(this.machine);
    trace.write(how, this.machine);
    this.beside?.lan.devices.delete(addressOf(this.name));
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
    this.powers += 1;
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
    const { broker, checkers, trace } = this.world;
    trace.write('remade', this.machine);
    this.endClone();
    this.cutPower();
    broker.drop(this.name);
    this.key = drawKey(this.random);
    this.identity = this.#enrolled(this.key);
    this.disk = this.#newDisk();
    checkers.remade(this.name);
  }

  /** Its disk, as a power cut now would leave it, is put into another machine, which runs beside it under the same name and key. */
  startClone(fate: Fate): void {
    this.endClone();
    this.#clones += 1;
    const machine = `${this.name}/${this.#clones}`;
    const clone = new SimDevice(this.world, machine, this.random.stream(machine), {
      ...{ quality: this.link.quality, bornRoot: this.#bornRoot, contact: this.contact },
    });
    clone.key = this.key;
    clone.identity = new SimIdentity(this.world.authority, this.name, this.key, this.identity.certificate);
    clone.disk = this.disk.copyAfterCrash(fate);
    this.world.checkers.cloned(this.machine, machine);
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
    const { checkers, time } = this.world;
    const disk = this.disk.copyAfterCrash(fate);
    const known = checkers.knownOf(this.machine);
    return async () => {
      const { report, applied } = await liveOffline({
        ...{ disk, at: time.now, configuration: configurationOf(this) },
        createAgent: (start) => createOn(this, start, () => {}),
        onRun: (application, bytes) => checkers.starting(this.machine, application, bytes),
      });
      checkers.bootedOffline(this.machine, known, report, applied);
    };
  }
}
