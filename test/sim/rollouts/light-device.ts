/**
 * A device as rollouts see it, without an agent: it comes and goes, takes what is newer than all that it saw, tries it, keeps it or goes
 * back, on a link or off it, and says so at its next contact.
 *
 *   ship      hours in port, days at sea        vehicle   ignition cycles        fixed   always there
 */

import type { SimTime } from '../../../platform/simulated/clock.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { reportOf } from '../../controller/engine/test-engine.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How a device comes into contact: mean times of its links. */
export const contacts = {
  ship: { upMs: 5 * hourMs, downMs: 60 * hourMs },
  vehicle: { upMs: 40 * minuteMs, downMs: 7 * hourMs },
  fixed: { upMs: 30 * 24 * hourMs, downMs: 5 * minuteMs },
} as const;

export type ContactKind = keyof typeof contacts;

const latencyMs = 200;
const againMs = 5 * minuteMs;
const probationMs = 2 * minuteMs;

/** What it was issued: `fails` where it does not come through its probation. */
export interface Deployed {
  readonly sequence: number;
  readonly revision: string;
  readonly fails: boolean;
}

/** What a device may ask of the shore and tell it. */
export interface Shore {
  readonly time: SimTime;
  /** The newest that its shadow wants; undefined while nobody answers. */
  wantedBy(device: string): Deployed | undefined;
  /** Whether it was taken. */
  say(device: string, report: Report): boolean;
  hello(device: string): void;
}

export class LightDevice {
  readonly name: string;
  readonly #shore: Shore;
  readonly #random: SimRandom;
  readonly #kind: ContactKind;
  #isUp = false;
  #isPeaceful = false;
  #counter = 0;
  #highest = 0;
  #target: Deployed | undefined;
  #running: Deployed | undefined;
  #problem: Report['problem'];

  constructor(name: string, kind: ContactKind, shore: Shore, random: SimRandom) {
    this.name = name;
    this.#kind = kind;
    this.#shore = shore;
    this.#random = random;
    shore.time.at(shore.time.now + random.integer(0, 8 * hourMs), () => this.#set(true));
  }

  /** The highest sequence that it has seen. */
  get highest(): number {
    return this.#highest;
  }

  get running(): Deployed | undefined {
    return this.#running;
  }

  get target(): Deployed | undefined {
    return this.#target;
  }

  /** Whether it is between two deployments. */
  get isTrying(): boolean {
    return this.#target !== undefined;
  }

  /** From now on it is always there. */
  rest(): void {
    this.#isPeaceful = true;
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

  /** In contact it says what became of it and takes what is new. */
  look(): void {
    if (!this.#isUp) return;
    this.#shore.hello(this.name);
    const wanted = this.#shore.wantedBy(this.name);
    if (wanted !== undefined && wanted.sequence > this.#highest && this.#target === undefined) this.#take(wanted);
    this.#tell();
  }

  #take(wanted: Deployed): void {
    this.#highest = wanted.sequence;
    this.#target = wanted;
    this.#problem = undefined;
    const { time } = this.#shore;
    time.at(time.now + this.#random.integer(10_000, 20 * minuteMs) + probationMs, () => this.#end(wanted));
  }

  /** Off the link too. */
  #end(tried: Deployed): void {
    this.#target = undefined;
    const at = new Date(this.#shore.time.now).toISOString();
    if (tried.fails) {
      const { sequence } = tried;
      this.#problem = { code: 'PROBATION_FAILED', message: 'it ended', at, sequence };
    } else this.#running = tried;
    this.look();
  }

  #tell(): void {
    this.#counter += 1;
    const at = new Date(this.#shore.time.now).toISOString();
    const [running, target] = [this.#running, this.#target].map(
      (one) => one && { sequence: one.sequence, revision: one.revision },
    );
    const isTaken = this.#shore.say(
      this.name,
      reportOf(this.#counter, {
        ...{ at, since: at, highestSequence: this.#highest },
        phase: target === undefined ? (running === undefined ? 'idle' : 'active') : 'fetching',
        ...(running === undefined ? {} : { running }),
        ...(target === undefined ? {} : { target }),
        ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      }),
    );
    const { time } = this.#shore;
    if (!isTaken) time.at(time.now + againMs, () => this.look());
  }
}
