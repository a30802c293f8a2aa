/** What the gates of a light device look at, which are the agent's own: its clock, where it is, and a crew that says yes or no in its time. */
import { type Gated, type GateWorld, gatesOf } from '../../../device-agent/interlocks/gates.ts';
import { LinkHours } from '../../../device-agent/interlocks/link-hours.ts';
import type { SimTime } from '../../../platform/simulated/clock.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';
import type { Consent, Waiting } from '../../../schemas/generated/types.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A condition is judged every ten seconds by an agent that never sleeps; a light one looks less often. */
const lookMsMin = 10 * minuteMs;
const lookMsMax = 6 * hourMs;

/** Mean times until somebody aboard answers, and for which a no counts. */
const answerMs = 8 * hourMs;
const noMs = 20 * hourMs;

export class Aboard {
  readonly #time: SimTime;
  readonly #random: SimRandom;
  readonly #world: GateWorld;
  #said: Consent | undefined;
  /** Which deployment somebody is asked about. */
  #asked = 0;
  #isPeaceful = false;

  constructor(time: SimTime, random: SimRandom, isConnected: () => boolean) {
    this.#time = time;
    this.#random = random;
    this.#world = {
      ...{ clockMs: () => time.now, nowMs: () => time.now, consent: () => this.#said },
      leftMs: ({ until }) => (until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) - time.now),
      links: { wayOut: () => undefined, exits: () => [], hours: new LinkHours() },
      lacksModules: () => false,
      senses: {
        ...{
          clockMs: () => time.now,
          latestMs: () => time.now,
          monotonicMs: () => time.now,
          isConnected,
          interface: () => 'eth0',
          power: () => ({}),
        },
        ...{ factPath: (name) => name, published: () => undefined },
        factFile: () => ({ text: String(this.#isPeaceful || isConnected()), writtenMs: time.now }),
      },
    };
  }

  /** From now on it is in port, and everybody agrees. */
  rest(): void {
    this.#isPeaceful = true;
  }

  /** Calls `go` when all gates to the activation of this are open, at once where it has none; `wait` tells what holds it. */
  async pass(gated: Gated, wait: (waiting: Waiting) => boolean, go: () => void): Promise<void> {
    if (gated.consent !== undefined) this.#ask(gated.sequence);
    const gates = await gatesOf('activate', gated, this.#world);
    const look = (): void => {
      const closed = gates.map((gate) => gate.look()).find(({ kind }) => kind === 'closed');
      if (closed?.kind !== 'closed') return go();
      if (!wait(closed.waiting)) return;
      const forMs = Math.min(lookMsMax, Math.max(lookMsMin, closed.forMs));
      this.#time.at(this.#time.now + forMs, look);
    };
    look();
  }

  #ask(sequence: number): void {
    this.#asked = sequence;
    this.#time.at(this.#time.now + this.#random.exponential(answerMs), () => {
      if (this.#asked !== sequence) return;
      const { now } = this.#time;
      const common = { sequence, by: 'mate', at: new Date(now).toISOString() };
      if (this.#isPeaceful || this.#random.chance(0.7)) {
        this.#said = { ...common, answer: 'granted' };
        return;
      }
      const untilMs = now + this.#random.exponential(noMs);
      this.#said = { ...common, answer: 'denied', until: new Date(untilMs).toISOString() };
      this.#time.at(untilMs, () => this.#asked === sequence && this.#ask(sequence));
    });
  }
}
