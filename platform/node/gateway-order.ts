/** In which order gateways are tried: one that led nowhere a while ago, or to somebody else, leaves the others before it. */
import { nodeClock } from './clock.ts';
import type { Reached } from './direct-way.ts';

/** For so long it comes after the others. */
const restMs = 10 * 60_000;

/** What became of gateways. */
export class GatewayOrder {
  readonly #addresses: readonly string[];
  /** When one came to nothing, by the monotonic clock. */
  readonly #inVain = new Map<string, number>();

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** Those that rest last, whose time comes first of them first; else as they were given. */
  addresses(): readonly string[] {
    const fromMs = nodeClock.monotonic() - restMs;
    const restOf = (address: string): number => Math.max(fromMs, this.#inVain.get(address) ?? fromMs);
    return this.#addresses.toSorted((one, other) => restOf(one) - restOf(other));
  }

  cameToNothing(address: string): void {
    this.#inVain.set(address, nodeClock.monotonic());
  }

  /** A connection through one: it was in vain unless the server behind is found to be whom it has to be before it ends. */
  watch(address: string, reached: Reached, onCame: () => void): Reached {
    let hasCome = false;
    reached.socket.once('close', () => {
      if (!hasCome) this.cameToNothing(address);
    });
    const came = (): void => {
      hasCome = true;
      this.#inVain.delete(address);
      onCame();
    };
    return { ...reached, came };
  }
}
