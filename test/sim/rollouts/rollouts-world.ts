/**
 * Rollouts over months: the real engine over a real state, a branch that changes whatever a rollout may come upon, and many light
 * devices. What goes wrong: bad commits, controllers that come and go, devices that fail what is good, a disk that is full, calls that
 * fail, operators who pause, abort and try again.
 */
import type { Engine } from '../../../controller/engine/engine.ts';
import type { Image } from '../../../controller/engine/image.ts';
import { promisesSettled, SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Deployment, Report } from '../../../schemas/generated/types.ts';
import { standingOf } from '../../controller/engine/device-standing.ts';
import { Controllers } from './controllers.ts';
import { GitLife } from './git-life.ts';
import { type ContactKind, type Deployed, LightDevice, type Shore } from './light-device.ts';
import { Operators } from './operators.ts';
import { Promises } from './promises.ts';
import { ShoreFaults } from './shore-faults.ts';

const startMs = Date.parse('2026-06-01T00:00:00Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export interface WorldOptions {
  readonly seed: number;
  readonly devices: number;
  readonly days: number;
  readonly commits: number;
}

export class RolloutsWorld implements Shore {
  readonly time = new SimTime(startMs, promisesSettled);
  readonly devices = new Map<string, LightDevice>();
  readonly git: GitLife;
  readonly promises = new Promises(this);
  readonly operators: Operators;
  /** What went wrong, and how often. */
  readonly mishaps: Record<string, number> = {};
  readonly #random: SimRandom;
  readonly #options: WorldOptions;
  readonly #faults: ShoreFaults;
  /** By device and sequence: the last that was signed is the one that was written, where any was. */
  readonly #signed = new Map<string, Deployed>();
  readonly #controllers: Controllers;
  #isOver = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new SimRandom(options.seed);
    const contacts: readonly ContactKind[] = ['ship', 'vehicle', 'fixed'];
    const kinds = Array.from({ length: options.devices }, (_, at) => [`device-${at}`, contacts[at % 3]!] as const);
    this.git = new GitLife(this.#random.stream('git'), kinds);
    this.#faults = new ShoreFaults(this.time, this.#random.stream('faults'));
    this.#controllers = new Controllers({
      ...{ time: this.time, devices: this.devices, git: this.git, faults: this.#faults },
      random: this.#random.stream('controllers'),
      note: (mishap) => this.note(mishap),
      signed: (deployment) => this.#keepSigned(deployment),
      restored: () => this.promises.restored(),
    });
    this.operators = new Operators(this.#random.stream('operators'), this);
    for (const [name, kind] of kinds) {
      this.devices.set(name, new LightDevice(name, kind, this, this.#random.stream(name)));
    }
  }

  get engine(): Engine {
    return this.#controllers.engine;
  }

  get image(): Image {
    return this.#controllers.image;
  }

  /** Fleets that roll out in waves by what is in force. */
  get fleets(): readonly string[] {
    return [...this.engine.desired.fleets.values()]
      .filter(({ spec }) => spec.rollout !== undefined)
      .map(({ metadata }) => metadata.name);
  }

  /** Whether its controller is there, what it writes happens, and nothing of what it calls fails. */
  get isWell(): boolean {
    return this.#controllers.isWell && this.#faults.areNone;
  }

  /** What a device may have by what is known of it, and how planning sees it. */
  standing(name: string) {
    return standingOf(this, name);
  }

  /** What was signed for a device under this sequence last. */
  signedFor(device: string, sequence: number | undefined): Deployed | undefined {
    return this.#signed.get(`${device} ${sequence}`);
  }

  wantedBy(device: string): Deployed | undefined {
    const { issued, shadow } = this.image.device(device);
    if (!this.#controllers.isAlive || shadow.desiredAt === undefined) return undefined;
    return this.signedFor(device, issued?.sequence);
  }

  say(device: string, report: Report): void {
    if (!this.#controllers.isAlive) return;
    this.#controllers.ask(device, 'update', { state: { reported: report } });
    this.promises.said(device);
  }

  hello(device: string): void {
    this.#controllers.ask(device, 'get', {});
  }

  async start(): Promise<void> {
    await this.#controllers.start();
    const { commits, days } = this.#options;
    for (let count = 1; count < commits; count += 1) {
      this.time.at(startMs + this.#random.integer(2 * dayMs, days * dayMs), () => this.#change());
    }
    const controllers = this.#controllers;
    this.#every(4 * hourMs, () => controllers.isAlive && this.operators.work());
    this.#every(3 * dayMs, () => controllers.die());
    this.#every(3 * dayMs, () => controllers.loseLead());
    this.#every(5 * dayMs, () => void controllers.keepBackup(() => this.#isOver));
    this.#every(3 * dayMs, () => this.note(`${this.#faults.begin()} fails`));
    this.#every(6 * dayMs, () => controllers.setClock());
  }

  /** Lets time pass; throws the first promise that is broken. */
  async run(ms: number): Promise<void> {
    await this.time.runUntil(this.time.now + ms, () => this.promises.check());
  }

  /** Nothing goes wrong any more, and everybody is there; a commit that is good comes last, and what a rollout says would help is done. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#faults.end();
    await this.run(3 * hourMs);
    this.#controllers.heal();
    await this.run(minuteMs);
    this.git.mend();
    void this.#controllers.adopt();
    for (const device of this.devices.values()) device.rest();
    for (let hour = 0; hour < 20 * 24; hour += 1) {
      if (this.promises.isDone) return;
      this.operators.yes();
      this.#setApart(this.operators.keptBy);
      for (const device of this.devices.values()) device.look();
      await this.run(hourMs);
    }
  }

  /** What failed at first runs nothing, and may be first in its group: who would go before it waits until somebody moves it. */
  #setApart(name: string | undefined): void {
    if (name === undefined || this.devices.get(name)?.running !== undefined) return;
    this.note('is set apart');
    this.git.setApart(name);
    void this.#controllers.adopt();
  }

  /** After its end: the newest commit is followed, until it is there. */
  async follow(isThere: () => boolean, lookMs = hourMs): Promise<void> {
    void this.#controllers.adopt();
    const endsAt = this.time.now + 5 * dayMs;
    while (this.time.now < endsAt && !isThere()) {
      for (const device of this.devices.values()) device.look();
      await this.run(lookMs);
    }
  }

  /** Takes down what went wrong. */
  note(mishap: string): void {
    this.mishaps[mishap] = (this.mishaps[mishap] ?? 0) + 1;
  }

  #every(meanMs: number, work: () => unknown): void {
    this.time.at(this.time.now + this.#random.exponential(meanMs), () => {
      if (this.#isOver) return;
      work();
      this.#every(meanMs, work);
    });
  }

  #keepSigned(deployment: Deployment): void {
    const { device, sequence, applications } = deployment;
    // A commit that is bad says so in its configuration.
    const fails = applications.some(({ config }) => Number(config.rate) % 1 !== 0);
    this.promises.signed(device, sequence);
    this.#signed.set(`${device} ${sequence}`, { ...deployment, fails, work: JSON.stringify(applications) });
  }

  #change(): void {
    this.git.change(this.time.now);
    if (this.#controllers.isAlive) void this.#controllers.adopt();
  }
}
