/** An engine over a real state that follows a fleet with waves, on virtual time; its devices say what they are told to say. */
import type { Engine } from '../../../controller/engine/engine.ts';
import type { EngineParts } from '../../../controller/engine/engine-parts.ts';
import type { Image } from '../../../controller/engine/image.ts';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { judge, type Standing } from '../../../controller/planning/device-status.ts';
import type { IssuedDeployment } from '../../../controller/planning/observed.ts';
import type { Asked } from '../../../controller/planning/rollout/act.ts';
import { type Deltas, noneOpen } from '../../../controller/planning/rollout/deltas.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort, StateRow } from '../../../controller/state/state-port.ts';
import { type Life, SimTime } from '../../../platform/simulated/clock.ts';
import type { Deployment, DeviceSpec, FleetRollout, FleetSpec, Report } from '../../../schemas/generated/types.ts';
import { application, desiredFrom, device, fleet } from '../manifests/fleet-fixture.ts';
import { standingOf } from './device-standing.ts';
import { branchSeen, openEngine, reportOf } from './test-engine.ts';

export const startMs = Date.parse('2026-06-01T00:00:00Z');
export const minuteMs = 60_000;

/** A commit: which release of `pump` the fleet `ships` runs, and what its devices say. */
export interface Wanted {
  readonly release: '1.0.0' | '1.1.0';
  readonly rollout?: FleetRollout;
  readonly rate?: number;
  /** A release that was taken out of the repository. */
  readonly removed?: string;
  readonly windows?: FleetSpec['windows'];
  readonly devices: Readonly<Record<string, DeviceSpec & { readonly kind?: string; readonly group?: string }>>;
}

/** A fleet `ships` in which those of the kind `canary` may be chosen for a wave. */
export function desiredOf({ release, rollout, windows, devices, rate = 1, removed = '' }: Wanted): DesiredFleet {
  const manifests = Object.entries(devices).map(([name, { kind = 'ship', group = 'none', ...spec }], at) => {
    const keyFingerprint = `SHA256:${Buffer.alloc(32, at + 1)
      .toString('base64')
      .replace(/=+$/, '')}`;
    return [`devices/${name}.yaml`, device(name, { kind, group, fleet: 'ships' }, { keyFingerprint, ...spec })];
  });
  const desired = desiredFrom({
    'apps/pump.yaml': application('pump', release, { config: { rate } }),
    'fleets/ships.yaml': fleet('ships', { fleet: 'ships' }, [{ name: 'pump' }], {
      ...(rollout === undefined ? {} : { rollout }),
      ...(windows === undefined ? {} : { windows }),
    }),
    ...Object.fromEntries(manifests),
  });
  return { ...desired, catalogue: new Map([...desired.catalogue].filter(([key]) => key !== removed)) };
}

const documentsOf = ({ key }: StateRow) =>
  ['reported', 'envelope', 'history', 'published'].map((room) => ({ room, key }));

/** The rows of a state, in a new one. */
export async function copyOf(state: StatePort): Promise<StatePort> {
  const rows: StateRow[] = [];
  await state.load((row) => void rows.push(row));
  const documents = await state.read(rows.filter(({ room }) => room === 'device').flatMap(documentsOf));
  const copy = openSqliteState(':memory:');
  await copy.commit([...rows, ...documents].filter((row) => 'value' in row));
  return copy;
}

/** Devices by these names, as they are declared. */
export function named(...names: readonly string[]): Wanted['devices'] {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

/** What a device says of the deployment that it was issued last. */
export type Word = 'fetching' | 'asks' | 'runs' | 'does badly' | 'gave up';

export class RolloutScene {
  readonly time: SimTime;
  state: StatePort;
  /** Every deployment that was signed, in order. */
  readonly signed: {
    readonly device: string;
    readonly sequence: number;
    readonly release: string;
    readonly wholeModules?: Deployment['wholeModules'];
  }[] = [];
  readonly told: { readonly event: string; readonly code: unknown }[] = [];
  /** Told of devices that are otherwise than before. */
  onChange: EngineParts['onChange'] = () => {};
  /** What publishing says of deltas. */
  deltas: Deltas = noneOpen;
  #life: Life = { alive: true };
  #made!: Awaited<ReturnType<typeof openEngine>>;
  #commits = 0;
  #counters = new Map<string, number>();
  #running = new Map<string, IssuedDeployment>();
  readonly #said = new Map<string, readonly [IssuedDeployment, Partial<Report>]>();
  /** The sequence with which a device came to its end last, well or not. */
  #settled = new Map<string, number>();

  private constructor(time: SimTime, state: StatePort) {
    this.time = time;
    this.state = state;
  }

  static async open(
    time = new SimTime(startMs),
    state: StatePort = openSqliteState(':memory:'),
  ): Promise<RolloutScene> {
    const scene = new RolloutScene(time, state);
    await scene.restart();
    return scene;
  }

  get engine(): Engine {
    return this.#made.engine;
  }

  get image(): Image {
    return this.#made.image;
  }

  get rollout() {
    return this.image.rollout('ships');
  }

  get view() {
    return this.engine.context.rollouts.view('ships', this.time.now);
  }

  /** The process ends where it stands, and another one reads what is durable; it takes up `desired`. */
  async restart(desired?: DesiredFleet, state = this.state): Promise<void> {
    this.state = state;
    this.#life.alive = false;
    this.#life = { alive: true };
    this.#made = await openEngine({
      clock: this.time.clock(this.#life),
      state,
      onChange: (devices) => this.onChange(devices),
      deltasTo: (releases) => (releases.length === 0 ? noneOpen : this.deltas),
      log: { write: (_level, event, fields) => void this.told.push({ event, code: fields?.code }) },
      sign: (deployment) => {
        const { device: name, sequence, applications, wholeModules } = deployment;
        const release = applications[0]?.version ?? 'nothing';
        const terms = wholeModules === undefined ? {} : { wholeModules };
        this.signed.push({ device: name, sequence, release, ...terms });
        return JSON.stringify(deployment);
      },
    });
    if (desired === undefined) return;
    this.engine.resume(this.image.revision?.id ?? this.revision, desired);
    this.engine.tell(branchSeen);
    await this.settle();
  }

  get revision(): string {
    return String(this.#commits % 10).repeat(40);
  }

  /** A commit comes into force. */
  async commit(wanted: Wanted): Promise<DesiredFleet> {
    this.#commits += 1;
    const before = this.engine.desired;
    const desired = desiredOf(wanted);
    const names = new Set([...before.devices.keys(), ...desired.devices.keys()]);
    const isOtherwise = (name: string): boolean => {
      return JSON.stringify(before.devices.get(name)) !== JSON.stringify(desired.devices.get(name));
    };
    const adopted = this.engine.adopt({
      ...{ desired, affected: new Set([...names].filter(isOtherwise)) },
      revision: { id: this.revision, subject: 'x', author: 'ana', committedAt: new Date(this.time.now).toISOString() },
      source: { state: 'current', location: 'test', branch: 'main', problems: [] },
    });
    await Promise.all([adopted, this.settle()]);
    await this.settle();
    return desired;
  }

  async settle(): Promise<void> {
    await this.time.runUntil(this.time.now);
  }

  async pass(ms: number): Promise<void> {
    await this.time.runUntil(this.time.now + ms);
  }

  issued(name: string): IssuedDeployment | undefined {
    return this.image.device(name).issued;
  }

  /** Why a device may have no more than it has. */
  whyNot(name: string) {
    return standingOf(this, name).permitted.reason;
  }

  /** How a device is shown. */
  shown(name: string): Standing {
    const { desired, observed, permitted, context } = standingOf(this, name);
    return judge(desired, observed, context.now, context.keyId, permitted);
  }

  /** Whether its shadow has a deployment. */
  isOffered(name: string): boolean {
    return this.image.device(name).shadow.desiredAt !== undefined;
  }

  /** Which release a device was issued last. */
  has(name: string): string | undefined {
    return this.issued(name)?.applications[0]?.version;
  }

  /** Which release it said last that it runs. */
  running(name: string): string | undefined {
    return this.#running.get(name)?.applications[0]?.version;
  }

  /** The index of each device's wave. */
  get waves(): ReadonlyMap<string, number> {
    return this.engine.context.rollouts.of('ships')?.followed.waves ?? new Map();
  }

  /** Whether nobody knows that it has come to its end with what it was issued last. */
  isAway(name: string): boolean {
    return this.issued(name)?.sequence !== this.#settled.get(name);
  }

  /** Devices say once more what they said last, whatever the controller knows of it. */
  async repeat(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#report(name, ...this.#said.get(name)!);
    await this.settle();
  }

  async say(word: Word, ...names: readonly string[]): Promise<void> {
    for (const name of names) this.#say(word, name);
    await this.settle();
  }

  #say(word: Word, name: string): void {
    const issued = this.issued(name)!;
    const at = new Date(this.time.now).toISOString();
    const { sequence, revision } = issued;
    switch (word) {
      case 'fetching':
        return this.#report(name, issued, { phase: 'fetching', target: { sequence, revision } });
      case 'asks':
        return this.#report(name, issued, {
          ...{ phase: 'fetching', target: { sequence, revision } },
          problem: { code: 'WHOLE_MODULE_ASKED', message: 'no delta', at, sequence },
        });
      case 'runs':
        this.#running.set(name, issued);
        this.#settled.set(name, sequence);
        return this.#report(name, issued, {});
      case 'does badly':
        return this.#report(name, issued, {
          applications: [{ name: 'pump', version: '1.1.0', state: 'backoff', since: at, restarts: 3 }],
        });
      case 'gave up':
        this.#settled.set(name, sequence);
        return this.#report(name, issued, {
          problem: { code: 'APPLICATION_FAILED', message: 'it ended', at, sequence },
        });
      default:
        word satisfies never;
    }
  }

  #report(name: string, issued: IssuedDeployment, more: Partial<Report>): void {
    const counter = (this.#counters.get(name) ?? 0) + 1;
    this.#counters.set(name, counter);
    this.#said.set(name, [issued, more]);
    const { sequence } = issued;
    const at = new Date(this.time.now).toISOString();
    const running = this.#running.get(name);
    const report = reportOf(counter, {
      ...{ at, since: at, highestSequence: sequence, phase: 'active', ...more },
      ...(running === undefined ? {} : { running: { sequence: running.sequence, revision: running.revision } }),
    });
    this.#made.ask(name, 'update', { state: { reported: report } });
  }

  async act(act: Asked['act'], more: Partial<Asked> = {}) {
    const done = this.engine.act('ships', { act, who: 'ana', why: 'because', ...more });
    await this.settle();
    return done;
  }
}
