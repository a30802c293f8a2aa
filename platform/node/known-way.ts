/** By which way the newest connection to one server goes: those that are kept go by it too. */
import type { Place, Reach } from './direct-way.ts';

/** Knows it of the connections that it makes. */
export class KnownWay {
  readonly #reach: Reach;
  readonly #to: Place;
  /** The gateway, by name; undefined where the machine's own way leads there. */
  through: string | undefined;

  constructor(reach: Reach, to: Place) {
    this.#reach = reach;
    this.#to = to;
  }

  readonly reach: Reach = async (place, msMax, signal) => {
    const reached = await this.#reach(place, msMax, signal);
    if (place.host === this.#to.host && place.port === this.#to.port) this.through = reached.through;
    return reached;
  };
}
