/**
 * Rollouts over months: the real engine over a real state, a branch that changes whatever a rollout may come upon, and many light
 * devices. What goes wrong: bad commits, a controller that dies, comes back as it was an hour ago or much earlier, or has its clock
 * set, a disk that is full, calls that fail, operators who pause, abort and try again.
 */
import { observe } from '../../../controller/engine/context.ts';
import type { Engine } from '../../../controller/engine/engine.ts';
import type { Image } from '../../../controller/engine/image.ts';
import { deviceOfShadowTopic } from '../../../controller/shadow/topics.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { type Life, promisesSettled, SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Deployment, Report } from '../../../schemas/generated/types.ts';
import { copyOf } from '../../controller/engine/rollout-scene.ts';
import { branchSeen, openEngine } from '../../controller/engine/test-engine.ts';
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
  #life: Life = { alive: true };
  #state: StatePort = openSqliteState(':memory:');
  #backup: StatePort | undefined;
  #clockSkewMs = 0;
  #made!: Awaited<ReturnType<typeof openEngine>>;
  #isOver = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new SimRandom(options.seed);
    const contacts: readonly ContactKind[] = ['ship', 'vehicle', 'fixed'];
    const kinds = Array.from({ length: options.devices }, (_, at) => [`device-${at}`, contacts[at % 3]!] as const);
    this.git = new GitLife(this.#random.stream('git'), kinds);
    this.#faults = new ShoreFaults(this.time, this.#random.stream('faults'));
    this.operators = new Operators(this.#random.stream('operators'), this);
    for (const [name, kind] of kinds) {
      this.devices.set(name, new LightDevice(name, kind, this, this.#random.stream(name)));
    }
  }

  get engine(): Engine {
    return this.#made.engine;
  }

  get image(): Image {
    return this.#made.image;
  }

  /** Fleets that roll out in waves by what is in force. */
  get fleets(): readonly string[] {
    return [...this.engine.desired.fleets.values()]
      .filter(({ spec }) => spec.rollout !== undefined)
      .map(({ metadata }) => metadata.name);
  }

  /** Whether its controller is there and nothing of what it calls fails. */
  get isWell(): boolean {
    return this.#life.alive && this.#faults.areNone;
  }

  /** What a device may have by what is known of it, and how planning sees it. */
  standing(name: string) {
    const { image, engine } = this;
    const { context } = engine;
    const desired = context.desired.devices.get(name)!;
    const observed = observe(image, context, name, desired);
    const permitted = context.rollouts.permitted(image, desired, observed, context.now);
    return { desired, observed, permitted, context };
  }

  /** What was signed for a device under this sequence last. */
  signedFor(device: string, sequence: number | undefined): Deployed | undefined {
    return this.#signed.get(`${device} ${sequence}`);
  }

  wantedBy(device: string): Deployed | undefined {
    const { issued, shadow } = this.image.device(device);
    if (!this.#life.alive || shadow.desiredAt === undefined) return undefined;
    return this.signedFor(device, issued?.sequence);
  }

  say(device: string, report: Report): void {
    if (!this.#life.alive) return;
    this.#made.ask(device, 'update', { state: { reported: report } });
    this.promises.said(device);
  }

  hello(device: string): void {
    if (this.#life.alive) this.#made.ask(device, 'get', {});
  }

  async start(): Promise<void> {
    await this.#open();
    void this.#adopt();
    const { commits, days } = this.#options;
    for (let count = 1; count < commits; count += 1) {
      this.time.at(startMs + this.#random.integer(2 * dayMs, days * dayMs), () => this.#change());
    }
    this.#every(4 * hourMs, () => this.#life.alive && this.operators.work());
    this.#every(2 * dayMs, () => this.#die());
    this.#every(5 * dayMs, () => void this.#keepBackup());
    this.#every(3 * dayMs, () => this.#note(`${this.#faults.begin()} fails`));
    this.#every(6 * dayMs, () => this.#setClock());
  }

  /** Lets time pass; throws the first promise that is broken. */
  async run(ms: number): Promise<void> {
    await this.time.runUntil(this.time.now + ms, () => this.promises.check());
  }

  /** Nothing goes wrong any more, and everybody is there; a commit that is good comes last. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#faults.end();
    this.#clockSkewMs = 0;
    await this.run(3 * hourMs);
    void this.#resume();
    await this.run(minuteMs);
    this.git.mend();
    void this.#adopt();
    for (const device of this.devices.values()) device.rest();
    for (let hour = 0; hour < 20 * 24; hour += 1) {
      if (this.promises.isDone) return;
      this.operators.yes();
      for (const device of this.devices.values()) device.look();
      await this.run(hourMs);
    }
  }

  #note(mishap: string): void {
    this.mishaps[mishap] = (this.mishaps[mishap] ?? 0) + 1;
  }

  #every(meanMs: number, work: () => unknown): void {
    this.time.at(this.time.now + this.#random.exponential(meanMs), () => {
      if (this.#isOver) return;
      work();
      this.#every(meanMs, work);
    });
  }

  async #open(): Promise<void> {
    this.#life = { alive: true };
    this.#made = await openEngine({
      clock: this.time.clock(this.#life, () => this.#clockSkewMs),
      state: this.#faults.around(this.#state),
      putBlob: async () => this.#faults.pass('putBlob'),
      publish: async ({ topic }) => {
        this.#faults.pass('publish');
        const device = this.devices.get(deviceOfShadowTopic(topic) ?? '');
        if (topic.endsWith('/update/delta')) device?.hear();
        if (topic.endsWith('/update/accepted')) device?.wasHeard();
      },
      sign: (deployment) => {
        this.#faults.pass('sign');
        this.#keepSigned(deployment);
        return JSON.stringify(deployment);
      },
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
    if (this.#life.alive) void this.#adopt();
  }

  /** Takes up the newest commit. */
  async #adopt(): Promise<void> {
    const { engine } = this;
    const { id, subject, desired } = this.git.newest;
    const names = new Set([...engine.desired.devices.keys(), ...desired.devices.keys()]);
    const affected = new Set(
      [...names].filter((name) => engine.desired.devices.get(name) !== desired.devices.get(name)),
    );
    const revision = { id, subject, author: 'ana', committedAt: new Date(this.time.now).toISOString() };
    const source = { state: 'current', location: 'test', branch: 'main', problems: [] as never[] } as const;
    // A disk that is full refuses it: the branch is looked at again.
    await engine.adopt({ desired, affected, revision, source }).catch(() => {
      this.time.at(this.time.now + 10 * minuteMs, () => void (this.#life.alive && this.#adopt()));
    });
  }

  #die(): void {
    if (!this.#life.alive) return;
    this.#life.alive = false;
    this.#note('dies');
    const isRestored = this.#backup !== undefined && this.#random.chance(0.3);
    this.time.at(this.time.now + this.#random.exponential(hourMs), () => void this.#resume(isRestored));
  }

  async #resume(isRestored = false): Promise<void> {
    if (this.#life.alive) return;
    if (isRestored) {
      this.#state = await copyOf(this.#backup!);
      this.promises.restored();
      this.#note('is restored');
    }
    await this.#open();
    const known = this.git.find(this.image.revision?.id);
    if (known !== undefined) this.engine.resume(known.id, known.desired);
    // Their connections ended with the controller.
    for (const device of this.devices.values()) this.time.at(this.time.now + minuteMs, () => device.look());
    if (known === this.git.newest) this.engine.tell(branchSeen);
    else void this.#adopt();
  }

  /** A copy that comes back in an hour or so, or only with some death after that. */
  async #keepBackup(): Promise<void> {
    this.#backup = await copyOf(this.#state);
    if (this.#random.chance(0.5)) return;
    this.time.at(this.time.now + this.#random.exponential(hourMs), () => {
      if (this.#isOver) return;
      this.#life.alive = false;
      void this.#resume(true);
    });
  }

  /** The wall clock of the controller's machine is wrong for some hours. */
  #setClock(): void {
    this.#clockSkewMs = this.#random.integer(-3 * hourMs, 3 * hourMs);
    this.#note(this.#clockSkewMs < 0 ? 'clock is behind' : 'clock is ahead');
    this.time.at(this.time.now + this.#random.exponential(6 * hourMs), () => {
      this.#clockSkewMs = 0;
    });
  }
}
