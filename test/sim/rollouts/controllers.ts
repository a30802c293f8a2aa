/**
 * The controllers of a rollouts' life: the real engine over a real state, of which one leads at a time. It dies, comes back as it was
 * an hour ago or much earlier, has its clock set, or is followed by one that led nothing before while it does not know that yet.
 */
import type { Engine } from '../../../controller/engine/engine.ts';
import type { Image } from '../../../controller/engine/image.ts';
import { deviceOfShadowTopic } from '../../../controller/shadow/topics.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import type { Life, SimTime } from '../../../platform/simulated/clock.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';
import { copyOf } from '../../controller/engine/rollout-scene.ts';
import { branchSeen, openEngine } from '../../controller/engine/test-engine.ts';
import type { GitLife } from './git-life.ts';
import type { LightDevice } from './light-device.ts';
import type { ShoreFaults } from './shore-faults.ts';
import { SimTerm } from './sim-term.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How long a controller that was cut off from its state leads, and how long it goes on after that. */
const leaseMs = 15_000;
const sleepMs = 2 * minuteMs;

/** What is around them. */
export interface ControllersWorld {
  readonly time: SimTime;
  readonly devices: ReadonlyMap<string, LightDevice>;
  readonly git: GitLife;
  readonly faults: ShoreFaults;
  readonly random: SimRandom;
  /** Takes down what went wrong. */
  readonly note: (mishap: string) => void;
  /** What may become durable was signed. */
  readonly signed: (deployment: Deployment) => void;
  /** The state is as its backup was. */
  readonly restored: () => void;
}

type Made = Awaited<ReturnType<typeof openEngine>>;

export class Controllers {
  readonly #world: ControllersWorld;
  #term = new SimTerm();
  #state: StatePort = openSqliteState(':memory:');
  #backup: StatePort | undefined;
  #clockSkewMs = 0;
  #made!: Made;
  /** The one that led before, while it does not know that another does. */
  #elder: Made | undefined;

  constructor(world: ControllersWorld) {
    this.#world = world;
  }

  get engine(): Engine {
    return this.#made.engine;
  }

  get image(): Image {
    return this.#made.image;
  }

  get isAlive(): boolean {
    return this.#term.life.alive;
  }

  /** Whether one is there, and what it writes happens. */
  get isWell(): boolean {
    return this.isAlive && this.#term.isWhole;
  }

  /** A device says something to all that listen. */
  ask(device: string, operation: 'get' | 'update', body: unknown): void {
    if (!this.isAlive) return;
    for (const made of [this.#made, this.#elder]) made?.ask(device, operation, body);
  }

  async start(): Promise<void> {
    await this.#open();
    void this.adopt();
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#clockSkewMs = 0;
    void this.#resume();
  }

  async #open(): Promise<void> {
    const { time, faults, signed } = this.#world;
    const term = new SimTerm();
    this.#term = term;
    this.#made = await openEngine({
      clock: time.clock(term.life, () => this.#clockSkewMs),
      state: faults.around(term.around(this.#state)),
      putBlob: async () => faults.pass('putBlob'),
      publish: async ({ topic }) => {
        term.assertHeld();
        faults.pass('publish');
        this.#published(topic);
      },
      sign: (deployment) => {
        faults.pass('sign');
        if (term.mayWrite) signed(deployment);
        return JSON.stringify(deployment);
      },
    });
  }

  #published(topic: string): void {
    const device = this.#world.devices.get(deviceOfShadowTopic(topic) ?? '');
    if (topic.endsWith('/update/delta')) device?.hear();
    if (topic.endsWith('/update/accepted')) device?.wasHeard();
  }

  /** Takes up the newest commit. */
  async adopt(): Promise<void> {
    const { engine } = this;
    const { time, git } = this.#world;
    const { id, subject, desired } = git.newest;
    const names = new Set([...engine.desired.devices.keys(), ...desired.devices.keys()]);
    const affected = new Set(
      [...names].filter((name) => engine.desired.devices.get(name) !== desired.devices.get(name)),
    );
    const revision = { id, subject, author: 'ana', committedAt: new Date(time.now).toISOString() };
    const source = { state: 'current', location: 'test', branch: 'main', problems: [] as never[] } as const;
    // A disk that is full refuses it: the branch is looked at again.
    await engine.adopt({ desired, affected, revision, source }).catch(() => {
      time.at(time.now + 10 * minuteMs, () => void (this.isAlive && this.adopt()));
    });
  }

  die(): void {
    if (!this.isAlive) return;
    const { time, random, note } = this.#world;
    this.#term.life.alive = false;
    note('dies');
    const isRestored = this.#backup !== undefined && random.chance(0.3);
    time.at(time.now + random.exponential(hourMs), () => void this.#resume(isRestored));
  }

  /** It is cut off from its state; the stand-by leads when its lease is over, and it learns late that it leads no more. */
  loseLead(): void {
    if (!this.isWell) return;
    const { time, random, note } = this.#world;
    const { life } = this.#term;
    this.#term.cutOff(random.chance(0.5));
    note('is followed');
    time.at(time.now + leaseMs, () => {
      if (life.alive) void this.#standIn(life);
    });
  }

  async #standIn(before: Life): Promise<void> {
    const { time, random } = this.#world;
    this.#term.lose();
    const elder = this.#made;
    this.#elder = elder;
    time.at(time.now + random.exponential(sleepMs), () => {
      before.alive = false;
      if (this.#elder === elder) this.#elder = undefined;
    });
    await this.#lead();
  }

  async #resume(isRestored = false): Promise<void> {
    if (this.isAlive) return;
    if (isRestored) {
      this.#state = await copyOf(this.#backup!);
      this.#world.restored();
      this.#world.note('is restored');
    }
    await this.#lead();
  }

  /** One that knows nothing but what is durable takes it up from there. */
  async #lead(): Promise<void> {
    await this.#open();
    const { time, git, devices } = this.#world;
    const known = git.find(this.image.revision?.id);
    if (known !== undefined) this.engine.resume(known.id, known.desired);
    // Their connections ended with the one before.
    for (const device of devices.values()) time.at(time.now + minuteMs, () => device.look());
    if (known === git.newest) this.engine.tell(branchSeen);
    else void this.adopt();
  }

  /** A copy that comes back when `isOver` does not say that all is over, in an hour or so, or only with some death after that. */
  async keepBackup(isOver: () => boolean): Promise<void> {
    const { time, random } = this.#world;
    this.#backup = await copyOf(this.#state);
    if (random.chance(0.5)) return;
    time.at(time.now + random.exponential(hourMs), () => {
      if (isOver()) return;
      this.#term.life.alive = false;
      void this.#resume(true);
    });
  }

  /** The wall clock of its machine is wrong for some hours. */
  setClock(): void {
    const { time, random, note } = this.#world;
    this.#clockSkewMs = random.integer(-3 * hourMs, 3 * hourMs);
    note(this.#clockSkewMs < 0 ? 'clock is behind' : 'clock is ahead');
    time.at(time.now + random.exponential(6 * hourMs), () => {
      this.#clockSkewMs = 0;
    });
  }
}
