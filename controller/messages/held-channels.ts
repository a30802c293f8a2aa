import { heldChannelsMax, waitSecondsMax, waitSecondsMin } from './limits.ts';

/** Where a message stands in its channel's stream. */
export interface Position {
  readonly segment: number;
  readonly index: number;
}

function isLater({ segment, index }: Position, other: Position | undefined): boolean {
  if (other === undefined || segment !== other.segment) return other === undefined || segment > other.segment;
  return index > other.index;
}

interface HeldChannel {
  readonly stream: string;
  /** How often some outlet did not take what comes next. */
  refusals: number;
  /** What outlets took all the same, by their name. */
  readonly taken: Map<string, Position>;
}

/**
 * Channels of which some outlet does not take what comes next: how long their devices are to keep it, and what the other outlets
 * have of it already. Of this process's life; what is forgotten comes out of those again.
 */
export class HeldChannels {
  readonly #channels = new Map<string, HeldChannel>();

  get size(): number {
    return this.#channels.size;
  }

  /** The last index of a segment that an outlet took; -1 for none. */
  lastTaken(key: string, stream: string, segment: number, outlet: string): number {
    const channel = this.#channels.get(key);
    const position = channel?.stream === stream ? channel.taken.get(outlet) : undefined;
    if (position === undefined || position.segment < segment) return -1;
    return position.segment > segment ? Number.POSITIVE_INFINITY : position.index;
  }

  /** Some outlets took everything up to there, and another did not. Returns for how many seconds the device is to keep it. */
  hold(key: string, stream: string, outlets: readonly string[], position: Position): number {
    const before = this.#channels.get(key);
    const channel = before?.stream === stream ? before : { stream, refusals: 0, taken: new Map<string, Position>() };
    for (const outlet of outlets) {
      // What is tried after a refusal is less than what came before.
      if (isLater(position, channel.taken.get(outlet))) channel.taken.set(outlet, position);
    }
    channel.refusals += 1;
    this.#channels.delete(key);
    this.#channels.set(key, channel);
    if (this.#channels.size > heldChannelsMax) this.#channels.delete(this.#channels.keys().next().value!);
    return Math.min(waitSecondsMin * 2 ** Math.min(channel.refusals - 1, 20), waitSecondsMax);
  }

  release(key: string): void {
    this.#channels.delete(key);
  }
}
