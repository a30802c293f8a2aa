/**
 * A device as rollouts see it, without an agent: it comes and goes, takes what is newer than all that it saw, waits for its windows,
 * conditions and consent by the gates of the agent, tries it, keeps it or goes back, on a link or off it, and says so at its next
 * contact, and again until it is told that it was heard. Its hardware is not the best: what is good fails on it now and then, at once
 * or later and for a while.
 *
 *   ship      hours in port, days at sea        vehicle   ignition cycles        fixed   always there
 */
import type { Gated } from '../../../device-agent/interlocks/gates.ts';
import type { SimTime } from '../../../platform/simulated/clock.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';
import type { Report, Waiting } from '../../../schemas/generated/types.ts';
import { reportOf } from '../../controller/engine/test-engine.ts';
import { Aboard } from './aboard.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How a device comes into contact: mean times of its links. */
export const contacts = {
  ship: { upMs: 5 * hourMs, downMs: 60 * hourMs },
  vehicle: { upMs: 40 * minuteMs, downMs: 7 * hourMs },
  fixed: { upMs: 30 * 24 * hourMs, downMs: 5 * minuteMs },
} as const;

export type ContactKind = keyof typeof contacts;

/** What is said of an application that does badly. */
const ailing = { state: 'failed', restarts: 5, message: 'it ended' } as const;

const latencyMs = 200;
const againMs = 5 * minuteMs;
const probationMs = 2 * minuteMs;

/** How often what is good does not come through its probation, or does badly after it; and mean times until then, and of that. */
const flakeProbability = 0.02;
const ailmentProbability = 0.04;
const ailsAfterMs = 6 * hourMs;
const ailsForMs = 8 * hourMs;

/** What it was issued: `fails` where it does not come through its probation. */
export interface Deployed extends Gated {
  readonly revision: string;
  readonly fails: boolean;
  /** Equal where the same runs. */
  readonly work: string;
}

/** What a device may ask of the shore and tell it. */
export interface Shore {
  readonly time: SimTime;
  /** The newest that its shadow wants; undefined while nobody answers. */
  wantedBy(device: string): Deployed | undefined;
  say(device: string, report: Report): void;
  hello(device: string): void;
  /** Takes down what went wrong. */
  note(mishap: string): void;
}

/** Which ones it is between, and how far it is. */
type Phase = 'fetching' | 'waiting' | 'probation';

export class LightDevice {
  readonly name: string;
  readonly #shore: Shore;
  readonly #random: SimRandom;
  readonly #kind: ContactKind;
  readonly #aboard: Aboard;
  #isUp = false;
  #isPeaceful = false;
  #counter = 0;
  #highest = 0;
  #phase: Phase = 'fetching';
  #waiting: Waiting | undefined;
  #target: Deployed | undefined;
  #running: Deployed | undefined;
  #problem: Report['problem'];
  #isAiling = false;
  /** Of the newest report that the shore said it has. */
  #heard = 0;

  constructor(name: string, kind: ContactKind, shore: Shore, random: SimRandom) {
    this.name = name;
    this.#kind = kind;
    this.#shore = shore;
    this.#random = random;
    this.#aboard = new Aboard(shore.time, random.stream('aboard'), () => this.#isUp);
    shore.time.at(shore.time.now + random.integer(0, 8 * hourMs), () => this.#set(true));
  }

  /** The highest sequence that it has seen. */
  get highest(): number {
    return this.#highest;
  }

  get running(): Deployed | undefined {
    return this.#running;
  }

  /** Whether it is between two deployments. */
  get isTrying(): boolean {
    return this.#target !== undefined;
  }

  /** Whether it is between two that are not the same to its applications. */
  get isChanging(): boolean {
    return this.#target !== undefined && this.#target.work !== this.#running?.work;
  }

  /** What became of this on it, or that it is not through with it. */
  endOf({ sequence, work }: Deployed): 'updated' | 'failed' | 'left' {
    if (this.#running?.work === work) return 'updated';
    return this.#problem?.sequence === sequence ? 'failed' : 'left';
  }

  /** From now on it is always there. */
  rest(): void {
    this.#isPeaceful = true;
    this.#aboard.rest();
    this.#isAiling = false;
    this.#set(true);
  }

  #set(isUp: boolean): void {
    const { time } = this.#shore;
    this.#isUp = isUp || this.#isPeaceful;
    if (this.#isUp) this.look();
    const { upMs, downMs } = contacts[this.#kind];
    const mean = this.#isUp ? upMs : downMs;
    if (!this.#isPeaceful) time.at(time.now + this.#random.exponential(mean), () => this.#set(!isUp));
  }

  /** Somebody tells it over an open link that its shadow wants something. */
  hear(): void {
    const { time } = this.#shore;
    time.at(time.now + latencyMs, () => {
      const wanted = this.#shore.wantedBy(this.name);
      if (wanted !== undefined && wanted.sequence > this.#highest) this.look();
    });
  }

  /** The shore says that it has what was said last. */
  wasHeard(): void {
    this.#heard = this.#counter;
  }

  /** In contact it says what became of it and takes what is new. */
  look(): void {
    if (!this.#isUp) return;
    this.#shore.hello(this.name);
    const wanted = this.#shore.wantedBy(this.name);
    const isFree = this.#target === undefined || this.#phase !== 'probation';
    if (wanted !== undefined && wanted.sequence > this.#highest && isFree) this.#take(wanted);
    this.#tell();
  }

  #take(wanted: Deployed): void {
    this.#highest = wanted.sequence;
    this.#target = wanted;
    this.#phase = 'fetching';
    this.#problem = undefined;
    const { time } = this.#shore;
    time.at(time.now + this.#random.integer(10_000, 20 * minuteMs), () => {
      if (this.#target === wanted) void this.#fetched(wanted);
    });
  }

  #fetched(wanted: Deployed): Promise<void> {
    const { time } = this.#shore;
    const wait = (waiting: Waiting): boolean => {
      if (this.#target !== wanted) return false;
      const isNews = this.#phase !== 'waiting' || this.#waiting?.code !== waiting.code;
      this.#phase = 'waiting';
      this.#waiting = waiting;
      if (isNews) this.look();
      return true;
    };
    return this.#aboard.pass(wanted, wait, () => {
      if (this.#target !== wanted) return;
      this.#phase = 'probation';
      time.at(time.now + probationMs, () => this.#end(wanted));
    });
  }

  /** Off the link too. */
  #end(tried: Deployed): void {
    this.#target = undefined;
    const at = new Date(this.#shore.time.now).toISOString();
    if (tried.fails || this.#flakes()) {
      const { sequence } = tried;
      this.#problem = { code: 'PROBATION_FAILED', message: 'it ended', at, sequence };
    } else {
      this.#running = tried;
      this.#isAiling = false;
      if (this.#random.chance(ailmentProbability)) this.#ailLater(tried);
    }
    this.look();
  }

  #flakes(): boolean {
    if (this.#isPeaceful || !this.#random.chance(flakeProbability)) return false;
    this.#shore.note('what is good fails');
    return true;
  }

  #ailLater(running: Deployed): void {
    const { time } = this.#shore;
    const become = (isAiling: boolean): void => {
      if (this.#running !== running || this.#isPeaceful) return;
      this.#isAiling = isAiling;
      if (isAiling) this.#shore.note('what ran well does badly');
      this.look();
    };
    const beginsAt = time.now + this.#random.exponential(ailsAfterMs);
    time.at(beginsAt, () => become(true));
    time.at(beginsAt + this.#random.exponential(ailsForMs), () => become(false));
  }

  #tell(): void {
    this.#counter += 1;
    const { time } = this.#shore;
    const counter = this.#counter;
    this.#shore.say(this.name, this.#report(new Date(time.now).toISOString()));
    time.at(time.now + againMs, () => {
      if (this.#heard < counter && counter === this.#counter) this.look();
    });
  }

  #report(at: string): Report {
    const [running, target] = [this.#running, this.#target].map(
      (one) => one && { sequence: one.sequence, revision: one.revision },
    );
    return reportOf(this.#counter, {
      ...{ at, since: at, highestSequence: this.#highest },
      phase: target === undefined ? (running === undefined ? 'idle' : 'active') : this.#phase,
      ...(running === undefined ? {} : { running }),
      ...(target === undefined ? {} : { target }),
      ...(target === undefined || this.#phase !== 'waiting' ? {} : { waiting: this.#waiting! }),
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      ...(this.#isAiling ? { applications: [{ name: 'pump', version: '1.0.0', ...ailing, since: at }] } : {}),
    });
  }
}
