/** One seed: from the moment at which the commit comes into force until all is done, nothing goes on by itself, or the horizon. */
import { openingOf, type TimedWindow } from '../../device-agent/interlocks/opening.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { Report, Window } from '../../schemas/generated/types.ts';
import { definitionOf } from '../manifests/definition.ts';
import { asHeld, holdEndsAt } from '../planning/hold.ts';
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import { policyOf } from '../planning/rollout/policy-of.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { Stretch } from './alternation.ts';
import { waveToApprove } from './approvals.ts';
import { bareSlot, begunMemory, gaveUp, isSettled, issuedTemplate, type Work, workOf } from './begun-device.ts';
import { CarriedBytes } from './carried-bytes.ts';
import { conditionsOf } from './conditions.ts';
import { Contacts } from './contacts.ts';
import { FleetWatch } from './fleet-watch.ts';
import { LightDevice, type Offer, slotOf } from './light-device.ts';
import type { Load } from './light-fetch.ts';
import { LightLinks } from './light-links.ts';
import type { MemoryState } from './memory-state.ts';
import { openSimulatedController, type SimulatedController } from './simulated-controller.ts';
import { placeOf, type SimulatedRun, type Simulation } from './simulation.ts';
import type { Wait } from './waits.ts';

const hourMs = 3_600_000;

/** The times of a window's schedule, which the run asks many times. */
export type TimesOf = (window: Window) => TimedWindow;

/** What all runs of a simulation share. */
export interface RunParts {
  readonly simulation: Simulation;
  /** Where all begin. */
  readonly state: MemoryState;
  readonly keyId: string;
  readonly timesOf: TimesOf;
}

class Run {
  readonly #parts: RunParts;
  readonly #seed: number;
  readonly #time: SimTime;
  readonly #random: SimRandom;
  readonly #loads: ReadonlyMap<string, readonly Load[]>;
  /** Of the fleets that have waves. */
  readonly #policies: ReadonlyMap<string, RolloutPolicy>;
  readonly #watches: ReadonlyMap<string, FleetWatch>;
  readonly #contacts = new Map<string, Contacts>();
  readonly #conditions = new Map<string, (now: number) => Stretch>();
  /** By fleet, the hash of what it is to come to, and the number of a rollout that was done before the beginning. */
  readonly #targets = new Map<string, string | undefined>();
  readonly #doneBefore = new Map<string, number>();
  /** Yeses that were asked for, each as its wave. */
  readonly #asked = new Set<string>();
  readonly #devices = new Map<string, LightDevice>();
  /** The newest deployment of each device, unless it came to its end with that before the beginning. */
  readonly #newest = new Map<string, Work>();
  /** Devices of which the shore does not know yet what became of their newest deployment. */
  readonly #open = new Set<string>();
  readonly #carried = new CarriedBytes();
  #controller!: SimulatedController;

  constructor(parts: RunParts, seed: number) {
    const { fleets, changes, startMs, next } = parts.simulation;
    this.#parts = parts;
    this.#seed = seed;
    this.#time = new SimTime(startMs);
    this.#random = new SimRandom(seed);
    this.#loads = new Map(changes.map(({ device, loads }) => [device, loads]));
    const counts = Map.groupBy(changes, ({ fleet }) => fleet);
    const policies = fleets.flatMap((fleet) => {
      const manifest = next.desired.fleets.get(fleet);
      const policy = manifest && policyOf(manifest);
      return policy === undefined ? [] : [[fleet, policy] as const];
    });
    this.#policies = new Map(policies);
    const watches = fleets.map((fleet) => {
      const devices = counts.get(fleet)?.length ?? 0;
      const waves = this.#policies.get(fleet)?.waves.map(({ name }) => name) ?? [];
      return [fleet, new FleetWatch({ fleet, waves, startMs, devices })] as const;
    });
    this.#watches = new Map(watches);
  }

  async live(): Promise<SimulatedRun> {
    const { state, keyId, simulation } = this.#parts;
    const { base, next, startMs, horizonMs } = simulation;
    this.#controller = await openSimulatedController({
      ...{ time: this.#time, state: state.copy(), keyId },
      onDeployment: (deployment) => {
        this.#newest.set(deployment.device, deployment);
        this.#open.add(deployment.device);
      },
      onWord: (device) => this.#devices.get(device)?.hear(),
      onSettled: () => this.#look(),
    });
    const { engine } = this.#controller;
    if (base !== undefined) engine.resume(base.id, base.desired);
    engine.tell({ kind: 'source', source: { state: 'current', location: '', branch: 'main', problems: [] } });
    await this.#controller.pass(startMs);
    this.#noteRollouts();
    for (const [name, device] of next.desired.devices) this.#devices.set(name, this.#settle(name, device.site));
    for (const [name, device] of this.#devices) this.#goOn(name, device);
    if (next.id !== base?.id) await this.#controller.adopt(next);
    // Where a wave waits for a yes nothing happens by itself.
    this.#look();
    await this.#controller.pass(startMs + 1);
    const end = startMs + horizonMs;
    const holdsEndMs = this.#holdsEndMs;
    while (!(this.#isOver && this.#time.now > holdsEndMs) && this.#time.now < end) {
      await this.#controller.pass(Math.min(end, this.#time.now + hourMs));
    }
    return this.#result();
  }

  /** Takes down of each fleet which rollout is over already, and which one the commit is to bring. */
  #noteRollouts(): void {
    const { next } = this.#parts.simulation;
    const { image } = this.#controller;
    for (const fleet of this.#watches.keys()) {
      const rollout = image.rollout(fleet);
      if (rollout?.state === 'done') this.#doneBefore.set(fleet, rollout.number);
      this.#targets.set(fleet, definitionOf(next.desired, fleet)?.hash);
    }
  }

  #settle(name: string, site: string | undefined): LightDevice {
    const { image, ask } = this.#controller;
    this.#noteNewest(name);
    const place = placeOf({ name, ...(site !== undefined && { site }) });
    return new LightDevice(
      {
        time: this.#time,
        contacts: this.#contactsOf(place),
        conditions: this.#conditionsOf(place),
        consentAfterMs: this.#parts.simulation.consentAfterMs,
        links: new LightLinks(this.#parts.simulation.usedOf(name)),
        openingOf: (windows, now) => openingOf(windows.map(this.#parts.timesOf), now),
        wanted: () => this.#offerTo(name),
        hello: () => ask(name, 'get', {}),
        say: (report) => {
          ask(name, 'update', { state: { reported: report } });
          this.#heard(name, report);
        },
        onLoad: (load) => this.#carried.take(load),
        onWait: (wait) => this.#wait(name, wait),
      },
      begunMemory(image.device(name).gist, (reference) => {
        const newest = this.#newest.get(name);
        return newest?.sequence === reference.sequence ? slotOf(newest) : bareSlot(reference);
      }),
    );
  }

  /** What it was issued before the beginning, where it is not through with that. */
  #noteNewest(name: string): void {
    const { base, next } = this.#parts.simulation;
    const { image } = this.#controller;
    const record = image.device(name);
    const { issued } = record;
    if (issued === undefined || base === undefined || this.#newest.has(name)) return;
    if (isSettled(record)) return;
    const { template } = next.desired.devices.get(name)!;
    const good = image.goodDefinition(issued.fleet ?? '');
    this.#newest.set(name, workOf(issued, issuedTemplate(base.desired, name, issued, good), template));
    if (record.shadow.withheldAt === undefined) this.#open.add(name);
  }

  /** It is on its way already, or gave up before the beginning what it is to come to. */
  #goOn(name: string, device: LightDevice): void {
    const isGivenUp = this.#isToKeep(name) && gaveUp(this.#controller.image.device(name));
    const offer = this.#offerTo(name);
    if (offer !== undefined) device.goOn(offer);
    const { fleet = '' } = this.#parts.simulation.next.desired.devices.get(name)!;
    if (isGivenUp && this.#loads.has(name)) this.#watches.get(fleet)?.told(name, false, this.#time.now);
  }

  #contactsOf(place: string): Contacts {
    const { habitOf, startMs } = this.#parts.simulation;
    const contacts =
      this.#contacts.get(place) ?? new Contacts(habitOf(place), this.#random.stream(`contact ${place}`), startMs);
    this.#contacts.set(place, contacts);
    return contacts;
  }

  #conditionsOf(place: string): (now: number) => Stretch {
    const { whenTrueShare, startMs } = this.#parts.simulation;
    const conditions =
      this.#conditions.get(place) ?? conditionsOf(whenTrueShare, this.#random.stream(`when ${place}`), startMs);
    this.#conditions.set(place, conditions);
    return conditions;
  }

  /** What the shadow of a device wants now; nothing while it is only just being written. */
  #offerTo(name: string): Offer | undefined {
    const { failShare } = this.#parts.simulation;
    const deployment = this.#newest.get(name);
    const { issued, shadow } = this.#controller.image.device(name);
    if (deployment === undefined || deployment.sequence !== issued?.sequence) return undefined;
    if (shadow.desiredAt === undefined) return undefined;
    const { sequence, revision, probationSeconds, applications, windows, when, consent } = deployment;
    const isWanted = this.#isToKeep(name);
    const chance = this.#random.stream(`fails ${name} ${sequence}`);
    const fails = isWanted && chance.chance(failShare);
    return {
      ...{ sequence, revision, probationSeconds, applications },
      loads: isWanted ? (this.#loads.get(name) ?? []) : [],
      ...(windows && { windows }),
      ...(when && { when }),
      ...(consent && { consent }),
      ...(fails && { failsAfter: chance.fraction() }),
    };
  }

  /** Whether what a device was issued last is what it is to come to by the horizon. */
  #isToKeep(name: string): boolean {
    const { next, startMs, horizonMs } = this.#parts.simulation;
    const { issued } = this.#controller.image.device(name);
    const device = next.desired.devices.get(name)!;
    return issued?.templateHash === asHeld(device, startMs + horizonMs).template.hash;
  }

  #wait(name: string, wait: Wait | undefined): void {
    if (!this.#loads.has(name)) return;
    const { fleet = '' } = this.#parts.simulation.next.desired.devices.get(name)!;
    this.#watches.get(fleet)?.waits(name, wait, this.#time.now);
  }

  /** What the shore knows of its newest deployment now. */
  #heard(name: string, { phase, running, problem }: Report): void {
    const newest = this.#newest.get(name);
    const { fleet = '' } = this.#parts.simulation.next.desired.devices.get(name)!;
    const isRunning = phase === 'active' && running?.sequence === newest?.sequence;
    const isBack = problem?.sequence === newest?.sequence;
    if (newest === undefined || !(isRunning || isBack)) return;
    this.#open.delete(name);
    if (!this.#loads.has(name)) return;
    const watch = this.#watches.get(fleet);
    if (this.#isToKeep(name)) watch?.told(name, isRunning, this.#time.now);
    else if (isRunning) watch?.wentBack(name);
  }

  /** Sees how rollouts are. */
  #look(): undefined {
    for (const watch of this.#watches.values()) {
      const { fleet } = watch;
      const rollout = this.#controller.image.rollout(fleet);
      const isMeant = rollout?.target === this.#targets.get(fleet) && rollout?.number !== this.#doneBefore.get(fleet);
      if (rollout === undefined || !isMeant) continue;
      watch.see(rollout, this.#time.now);
      this.#approveInTime(rollout);
    }
  }

  /** Somebody says yes to the wave that waits for it. */
  #approveInTime(rollout: Rollout): void {
    const { fleet } = rollout;
    const { approveAfterMs } = this.#parts.simulation;
    const policy = this.#policies.get(fleet);
    const waiting = policy && waveToApprove(rollout, policy, this.#time.now);
    if (waiting === undefined || this.#asked.has(`${fleet} ${waiting.wave}`)) return;
    const { wave, since } = waiting;
    this.#asked.add(`${fleet} ${wave}`);
    // It may have waited before the beginning.
    this.#time.at(Math.max(this.#time.now, since + approveAfterMs), () => {
      void this.#controller.engine.act(fleet, { act: 'approve', who: 'simulated', why: '', wave });
    });
  }

  /** When the last hold ends of a device that is to change. */
  get #holdsEndMs(): number {
    const { changes, next } = this.#parts.simulation;
    const endOf = (device: string): number => holdEndsAt(next.desired.devices.get(device)!) ?? 0;
    return changes.reduce((last, { device }) => Math.max(last, endOf(device)), 0);
  }

  get #isOver(): boolean {
    return this.#open.size === 0 && [...this.#watches.values()].every(({ isOver }) => isOver);
  }

  #result(): SimulatedRun {
    return {
      seed: this.#seed,
      endMs: this.#time.now - this.#parts.simulation.startMs,
      fleets: [...this.#watches.values()].map((watch) => watch.run(this.#time.now)),
      links: this.#carried.links(),
    };
  }
}

/** Lives one seed through: the same seed, the same run. */
export function simulatedRun(parts: RunParts, seed: number): Promise<SimulatedRun> {
  return new Run(parts, seed).live();
}
