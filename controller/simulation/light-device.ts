/**
 * A device without disk, network and applications, whose decisions are the agent's own: what it takes, tries, keeps and goes back to is
 * `device-agent/update/decide.ts`, when it may is its windows, how long it watches is its probation, what it tells and when its report.
 * What is not: links carry what they carry at their rate, conditions are true and consent is given as is assumed, nothing fails but what is drawn.
 */
import { composeReport } from '../../device-agent/report/compose.ts';
import { changeBetween } from '../../device-agent/report/pace.ts';
import { decide, type EngineEvent } from '../../device-agent/update/decide.ts';
import type { Memory, Slot } from '../../device-agent/update/state.ts';
import type { Step } from '../../device-agent/update/steps.ts';
import type { DeploymentReference, Report } from '../../schemas/generated/types.ts';
import { bareSlot } from './begun-device.ts';
import { carry, type Load, type Road, type Terms, whenOpen } from './light-fetch.ts';
import { type TriedOut, tryOut } from './light-trial.ts';

/** From a link to the first word over it, and from what is fetched to what is started. */
const helloMs = 2_000;
const activationMs = 10_000;

/** What a device is offered. */
export interface Offer extends Omit<Slot, 'envelope'>, TriedOut {
  /** What it has to fetch for it. */
  readonly loads: readonly Load[];
}

/** What a device stands in. */
export interface Surroundings extends Road {
  /** The newest that its shadow wants. */
  readonly wanted: () => Offer | undefined;
  /** It asks for its shadow, or tells it something. */
  readonly hello: () => void;
  readonly say: (report: Report) => void;
  /** From where consent is asked for to where it is given. */
  readonly consentAfterMs: number;
}

/** Without its links: what goes over which is known here. */
export function slotOf({ sequence, revision, probationSeconds, windows, when, consent }: Omit<Slot, 'envelope'>): Slot {
  return {
    ...{ sequence, revision, probationSeconds, envelope: String(sequence) },
    ...(windows && { windows }),
    ...(when && { when }),
    ...(consent && { consent }),
  };
}

/** What the deployment says of when it may be fetched, or activated. */
function termsOf(to: 'fetch' | 'activate', { windows, when }: Slot): Terms {
  const open = windows?.[to];
  return { ...(open && { windows: open }), hasCondition: when?.[to] !== undefined };
}

/** Of a device that runs what it was issued last. */
export function settledMemory(running: DeploymentReference, sinceMs: number): Memory {
  const slot = bareSlot(running);
  const highest = { sequence: slot.sequence, envelope: slot.envelope };
  return { engine: { state: 'active' }, sinceMs, highest, good: { slot, downloads: [] } };
}

/** What it says of itself, of its applications nothing. */
export function lightReport(memory: Memory, counter: number, nowMs: number): Report {
  return composeReport({
    ...{ memory, counter, nowMs, applications: [], agentVersion: 'simulated', bytesReceived: 0 },
    ...{ hostDeath: undefined, progress: undefined, waiting: undefined, outbox: undefined, links: undefined },
    neighbours: undefined,
    ...{ asks: undefined, through: undefined, clock: undefined },
    boot: { id: '0', number: 1 },
  });
}

export class LightDevice {
  readonly #world: Surroundings;
  readonly #offers = new Map<number, Offer>();
  #memory: Memory;
  #counter = 1;
  #told: Report | undefined;
  #isComing = false;
  /** What goes on by itself: on its way to a deployment, into one, and with one on probation. */
  #way: Disposable | undefined;
  #activation: Disposable | undefined;
  #trial: Disposable | undefined;

  constructor(world: Surroundings, memory: Memory) {
    this.#world = world;
    this.#memory = memory;
  }

  /** Goes on with what it is at, which is what it is offered; the shore knows that already. */
  goOn(offer: Offer): void {
    const { engine, sinceMs } = this.#memory;
    this.#offers.set(offer.sequence, offer);
    this.#told = this.#report();
    const isOffered = ({ sequence }: Slot): boolean => sequence === offer.sequence;
    switch (engine.state) {
      case 'fetching':
        if (isOffered(engine.target)) this.#fetch(engine.target);
        break;
      case 'staged':
        if (isOffered(engine.target)) this.#await(engine.target);
        break;
      case 'activating':
        if (isOffered(engine.trial.slot)) this.#activate(engine.trial.slot);
        break;
      case 'probation':
        if (isOffered(engine.trial.slot)) this.#watch(engine.trial.slot, sinceMs);
        break;
      case 'idle':
      case 'active':
        break;
      default:
        engine satisfies never;
    }
    if (this.#memory.highest.sequence < offer.sequence) this.hear();
  }

  /** There may be news for it, or of it: it meets the shore when there is a link. */
  hear(): void {
    const { time, contacts } = this.#world;
    const at = contacts.nextUp(time.now) + helloMs;
    if (this.#isComing || !Number.isFinite(at)) return;
    this.#isComing = true;
    time.at(at, () => {
      this.#isComing = false;
      this.#meet();
    });
  }

  #meet(): void {
    this.#world.hello();
    const offer = this.#world.wanted();
    if (offer !== undefined) {
      this.#offers.set(offer.sequence, offer);
      this.#happens({ kind: 'offered', slot: slotOf(offer), envelope: '' });
    }
    this.#tell();
  }

  #happens(event: EngineEvent): void {
    for (const step of decide(this.#memory, event, this.#world.time.now)) this.#do(step);
    if (this.#isNews(this.#report())) this.hear();
  }

  #do(step: Step): void {
    switch (step.kind) {
      case 'commit':
        return this.#commit(step.memory);
      case 'fetch':
        return this.#fetch(step.slot);
      case 'await-moment':
        return this.#await(step.slot);
      case 'activate':
        return this.#activate(step.slot);
      case 'watch':
        return this.#watch(step.slot);
      case 'unwatch':
        this.#trial?.[Symbol.dispose]();
        return;
      // It has no disk that could fill or rot.
      case 'keep-envelope':
      case 'repair':
      case 'clear':
      case 'scrub':
      case 'collect':
        return;
      default:
        step satisfies never;
    }
  }

  #commit(memory: Memory): void {
    this.#memory = memory;
    const { state } = memory.engine;
    if (state !== 'fetching' && state !== 'staged') this.#world.onWait(undefined);
  }

  #fetch(slot: Slot): void {
    const { sequence } = slot;
    this.#way?.[Symbol.dispose]();
    const { loads } = this.#offers.get(sequence)!;
    this.#way = carry(this.#world, loads, termsOf('fetch', slot), () => {
      this.#happens({ kind: 'fetched', sequence, downloads: [] });
    });
  }

  #await(slot: Slot): void {
    const { sequence, consent } = slot;
    const { time, consentAfterMs } = this.#world;
    this.#way?.[Symbol.dispose]();
    const terms = termsOf('activate', slot);
    const yes = consent !== undefined && { yesAt: time.now + consentAfterMs };
    this.#way = whenOpen(this.#world, { ...terms, ...yes }, () => {
      if (consent !== undefined) this.#consent(sequence);
      this.#happens({ kind: 'moment-came', sequence });
    });
  }

  #consent(sequence: number): void {
    const at = new Date(this.#world.time.now).toISOString();
    this.#happens({ kind: 'consented', sequence, consent: { sequence, answer: 'granted', by: 'simulated', at } });
  }

  #activate({ sequence }: Slot): void {
    const { time } = this.#world;
    this.#activation?.[Symbol.dispose]();
    this.#activation = time.at(time.now + activationMs, () => this.#happens({ kind: 'activated', sequence }));
  }

  #watch({ sequence }: Slot, sinceMs = this.#world.time.now): void {
    this.#trial?.[Symbol.dispose]();
    const tried = { ...this.#offers.get(sequence)!, sinceMs };
    this.#trial = tryOut(this.#world.time, tried, (reason) => {
      if (reason === undefined) return this.#happens({ kind: 'judged-healthy', sequence });
      const problem = { code: 'PROBATION_FAILED', message: reason, sequence };
      this.#happens({ kind: 'judged-failing', sequence, problem });
    });
  }

  #report(): Report {
    return lightReport(this.#memory, this.#counter + 1, this.#world.time.now);
  }

  /** As an agent has it: what it tells at once, and at each contact. */
  #isNews(report: Report): boolean {
    return changeBetween(this.#told, report) === 'phase';
  }

  #tell(): void {
    const report = this.#report();
    this.#counter += 1;
    this.#told = report;
    this.#world.say(report);
  }
}
