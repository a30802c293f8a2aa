/**
 * Rollouts over months: the real engine over a real state, and many light devices, of which some are asked for something else by
 * their own manifests. What goes wrong: bad commits, a controller that
 * dies or comes back as its backup was, a disk that is full, operators who pause, say yes, abort and try again.
 */
import type { Engine } from '../../../controller/engine/engine.ts';
import type { Image } from '../../../controller/engine/image.ts';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import type { Asked } from '../../../controller/planning/rollout/act.ts';
import { deviceOfShadowTopic } from '../../../controller/shadow/topics.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { type Life, promisesSettled, SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { FleetRollout, Report } from '../../../schemas/generated/types.ts';
import { copyOf, desiredOf, type Wanted } from '../../controller/engine/rollout-scene.ts';
import { branchSeen, openEngine } from '../../controller/engine/test-engine.ts';
import { type ContactKind, type Deployed, LightDevice, type Shore } from './light-device.ts';
import { Promises } from './promises.ts';

const startMs = Date.parse('2026-06-01T00:00:00Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** What the fleet's manifest asks of its rollouts, all along. */
export const rollout: FleetRollout = {
  waves: [
    { name: 'canary', selector: { matchLabels: { kind: 'fixed' } }, limit: 2, soak: '2h', gate: { patience: '6h' } },
    { name: 'some', limit: '20%', soak: '3h', approve: 'after' },
    { name: 'rest' },
  ],
  budget: { groupBy: 'group', maxUnavailable: 1 },
  gate: { success: '90%', contacts: '30%', patience: '18h', failures: '10%' },
};

/** Devices of one group may have to do without one of them, and no more. */
const devicesPerGroup = 4;

/** A commit by its id. */
interface Commit {
  readonly id: string;
  readonly desired: DesiredFleet;
  readonly isBad: boolean;
}

export interface WorldOptions {
  readonly seed: number;
  readonly devices: number;
  readonly days: number;
  readonly commits: number;
}

export class RolloutsWorld implements Shore {
  readonly time = new SimTime(startMs, promisesSettled);
  readonly devices = new Map<string, LightDevice>();
  readonly promises = new Promises(this);
  readonly #random: SimRandom;
  readonly #options: WorldOptions;
  readonly #declared: Record<string, { kind: ContactKind; group: string; config?: { berth: number } }> = {};
  /** By device and sequence: the last that was signed is the one that was written, where any was. */
  readonly #signed = new Map<string, Deployed>();
  readonly #fault = { isFull: false };
  #life: Life = { alive: true };
  #state: StatePort = openSqliteState(':memory:');
  #backup: StatePort | undefined;
  #commits: Commit[] = [];
  /** What the fleet's configuration says in the newest. */
  #rate = 1;
  #made!: Awaited<ReturnType<typeof openEngine>>;
  #isOver = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new SimRandom(options.seed);
    const kinds: readonly ContactKind[] = ['ship', 'vehicle', 'fixed'];
    for (let at = 0; at < options.devices; at += 1) {
      const name = `device-${at}`;
      const kind = kinds[at % kinds.length]!;
      this.#declared[name] = { kind, group: `group-${Math.floor(at / devicesPerGroup)}` };
      this.devices.set(name, new LightDevice(name, kind, this, this.#random.stream(name)));
    }
  }

  get engine(): Engine {
    return this.#made.engine;
  }

  get image(): Image {
    return this.#made.image;
  }

  /** Whether its controller is there and could write. */
  get canWrite(): boolean {
    return this.#life.alive && !this.#fault.isFull;
  }

  groupOf(device: string): string {
    return this.#declared[device]!.group;
  }

  wantedBy(device: string): Deployed | undefined {
    const sequence = this.image.device(device).issued?.sequence;
    return this.#life.alive ? this.#signed.get(`${device} ${sequence}`) : undefined;
  }

  say(device: string, report: Report): boolean {
    if (!this.canWrite) return false;
    this.#made.ask(device, 'update', { state: { reported: report } });
    this.promises.heard(device);
    return true;
  }

  hello(device: string): void {
    if (this.#life.alive) this.#made.ask(device, 'get', {});
  }

  async start(): Promise<void> {
    await this.#open();
    void this.#commit(1, false);
    const { commits, days } = this.#options;
    for (let count = 1; count < commits; count += 1) {
      const isBad = this.#random.chance(0.3);
      this.time.at(startMs + this.#random.integer(2 * dayMs, days * dayMs), () => void this.#commit(count + 1, isBad));
    }
    this.#every((days * dayMs) / commits, () => void this.#moor());
    this.#every(4 * hourMs, () => this.#operate());
    this.#every(2 * dayMs, () => this.#die());
    this.#every(5 * dayMs, () => void this.#keepBackup());
    this.#every(4 * dayMs, () => this.#fill());
  }

  /** Lets time pass; throws the first promise that is broken. */
  async run(ms: number): Promise<void> {
    await this.time.runUntil(this.time.now + ms, () => this.promises.check());
  }

  /** Nothing goes wrong any more, and everybody is there; a commit that is good comes last. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#fault.isFull = false;
    await this.run(3 * hourMs);
    void this.#resume();
    await this.run(minuteMs);
    void this.#commit(1_000, false);
    for (const device of this.devices.values()) device.rest();
    for (let hour = 0; hour < 10 * 24; hour += 1) {
      if (this.promises.isDone) return;
      this.#yes();
      for (const device of this.devices.values()) device.look();
      await this.run(hourMs);
    }
  }

  #every(meanMs: number, work: () => void): void {
    this.time.at(this.time.now + this.#random.exponential(meanMs), () => {
      if (this.#isOver) return;
      work();
      this.#every(meanMs, work);
    });
  }

  async #open(): Promise<void> {
    this.#life = { alive: true };
    const state = this.#state;
    this.#made = await openEngine({
      clock: this.time.clock(this.#life),
      state: {
        ...{ load: (take) => state.load(take), read: (keys) => state.read(keys), close: () => state.close() },
        commit: async (writes) => {
          if (this.#fault.isFull) throw new Error('no space left');
          await state.commit(writes);
        },
      },
      publish: async ({ topic }) => {
        const device = topic.endsWith('/update/delta') ? deviceOfShadowTopic(topic) : undefined;
        this.devices.get(device ?? '')?.hear();
      },
      sign: (deployment) => {
        const { device, sequence, revision, applications } = deployment;
        // A commit that is bad says so in its configuration.
        const fails = applications.some(({ config }) => Number(config.rate) % 1 !== 0);
        this.promises.signed(device, sequence);
        this.#signed.set(`${device} ${sequence}`, { sequence, revision, fails });
        return JSON.stringify(deployment);
      },
    });
  }

  #wanted(rate: number): Wanted {
    return { release: '1.0.0', rate, rollout, devices: this.#declared as Wanted['devices'] };
  }

  get #nextId(): string {
    return (this.#commits.length + 1).toString(16).padStart(40, '0');
  }

  async #commit(number: number, isBad: boolean): Promise<void> {
    this.#rate = isBad ? number + 0.5 : number;
    this.#commits.push({ id: this.#nextId, desired: desiredOf(this.#wanted(this.#rate)), isBad });
    if (this.#life.alive) await this.#adopt();
  }

  /** A commit asks for something else of all devices of a group, by their own manifests. */
  async #moor(): Promise<void> {
    const { group } = this.#random.pick(Object.values(this.#declared));
    const berth = this.#commits.length;
    for (const device of Object.values(this.#declared)) if (device.group === group) device.config = { berth };
    this.#commits.push({ ...this.#commits.at(-1)!, id: this.#nextId, desired: desiredOf(this.#wanted(this.#rate)) });
    if (this.#life.alive) await this.#adopt();
  }

  /** Takes up the newest commit. */
  async #adopt(): Promise<void> {
    const { id, desired } = this.#commits.at(-1)!;
    const revision = { id, subject: 'x', author: 'ana', committedAt: new Date(this.time.now).toISOString() };
    const source = { state: 'current', location: 'test', branch: 'main', problems: [] as never[] } as const;
    const affected = new Set(this.devices.keys());
    // A disk that is full refuses it: the branch is looked at again.
    await this.engine.adopt({ kind: 'adoption', desired, affected, revision, source }).catch(() => {
      this.time.at(this.time.now + 10 * minuteMs, () => void (this.#life.alive && this.#adopt()));
    });
  }

  #die(): void {
    if (!this.#life.alive) return;
    this.#life.alive = false;
    const isRestored = this.#backup !== undefined && this.#random.chance(0.3);
    this.time.at(this.time.now + this.#random.exponential(hourMs), () => void this.#resume(isRestored));
  }

  async #resume(isRestored = false): Promise<void> {
    if (this.#life.alive) return;
    if (isRestored) {
      this.#state = await copyOf(this.#backup!);
      this.promises.restored();
    }
    await this.#open();
    const { revision } = this.image;
    const known = this.#commits.find(({ id }) => id === revision?.id);
    if (known !== undefined) this.engine.resume(known.id, known.desired);
    // Their connections ended with the controller.
    for (const device of this.devices.values()) this.time.at(this.time.now + minuteMs, () => device.look());
    if (known === this.#commits.at(-1)) this.engine.tell(branchSeen);
    else void this.#adopt();
  }

  async #keepBackup(): Promise<void> {
    this.#backup = await copyOf(this.#state);
  }

  #fill(): void {
    this.#fault.isFull = true;
    this.time.at(this.time.now + this.#random.exponential(2 * hourMs), () => {
      this.#fault.isFull = false;
    });
  }

  /** Yes is said to what asks for it, and what is halted is tried again. */
  /** A disk that is full refuses it. */
  #act(act: Asked['act'], revert = false): void {
    this.engine.act('ships', { act, who: 'ana', why: '', revert }).catch(() => {});
  }

  #yes(): void {
    const view = this.engine.context.rollouts.view('ships', this.time.now);
    if (view?.verdict.code === 'NEEDS_APPROVAL') this.#act('approve');
    if (view?.rollout.state === 'paused') this.#act('resume');
    if (view?.rollout.state === 'halted') this.#act('retry');
  }

  /** What the rollout asks for is mostly done; now and then somebody thinks better of it. */
  #operate(): void {
    if (!this.#life.alive) return;
    if (this.#random.chance(0.6)) return this.#yes();
    const act = this.#random.pick(['pause', 'abort', 'retry', 'approve', 'resume'] as const);
    if (act === 'abort' && this.#random.chance(0.8)) return;
    this.#act(act, this.#random.chance(0.5));
  }
}
