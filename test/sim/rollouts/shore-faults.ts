/** What fails on the shore for a while without ending the controller: its disk, and calls that it makes. */

import type { StatePort } from '../../../controller/state/state-port.ts';
import type { SimTime } from '../../../platform/simulated/clock.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';

const hourMs = 3_600_000;

/** Calls that may fail, and for how long on average. */
export const calls = {
  commit: 2 * hourMs,
  read: hourMs,
  publish: 2 * hourMs,
  sign: hourMs,
  putBlob: 2 * hourMs,
} as const;

type Call = keyof typeof calls;

export class ShoreFaults {
  readonly #time: SimTime;
  readonly #random: SimRandom;
  readonly #failing = new Set<Call>();

  constructor(time: SimTime, random: SimRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** Whether nothing fails. */
  get areNone(): boolean {
    return this.#failing.size === 0;
  }

  /** One call fails for a while; returns which. */
  begin(): Call {
    const call = this.#random.pick(Object.keys(calls) as Call[]);
    this.#failing.add(call);
    this.#time.at(this.#time.now + this.#random.exponential(calls[call]), () => this.#failing.delete(call));
    return call;
  }

  /** Nothing fails any more. */
  end(): void {
    this.#failing.clear();
  }

  /** Throws while such calls fail. */
  pass(call: Call): void {
    if (this.#failing.has(call)) throw new Error(`${call} fails`);
  }

  /** A state that fails with them. */
  around(state: StatePort): StatePort {
    return {
      load: (take) => state.load(take),
      close: () => state.close(),
      read: async (keys) => {
        this.pass('read');
        return state.read(keys);
      },
      commit: async (writes) => {
        this.pass('commit');
        await state.commit(writes);
      },
    };
  }
}
