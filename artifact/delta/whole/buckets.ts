import { contextsMax } from './learnt.ts';

const bucketBits = 3;
/** Slots of a bucket: a check of its context, then the nodes of three decisions one after the other. */
export const bucketSlots: number = 1 << bucketBits;
/** Decisions that a bucket has slots for. */
export const bucketDecisions = 3;

/** Mixes a number into a hash. */
export const mix = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ Math.imul(value + 0x3c6ef372, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};

/** Slots by context: a context has its bucket in one of two places, and takes the one that was less used where neither is its own. */
export class Buckets {
  readonly slots: Uint16Array;
  /** The same, four slots at a time. */
  readonly #fours: Float64Array;
  readonly #shift: number;
  readonly #checks = new Int32Array(contextsMax);
  readonly #found = new Int32Array(contextsMax);

  constructor(slotBits: number) {
    this.slots = new Uint16Array(2 ** slotBits);
    this.#fours = new Float64Array(this.slots.buffer);
    this.#shift = 32 - slotBits + bucketBits;
  }

  /** Finds where the buckets of some contexts start, at a node of the symbol's tree. */
  open(contexts: Int32Array, count: number, node: number, bases: Int32Array): void {
    const slots = this.slots;
    const fours = this.#fours;
    const salt = Math.imul(node + 1, 0x2c9277b5);
    const checks = this.#checks;
    const found = this.#found;
    // All are looked up before any is looked at: memory answers them together.
    for (let input = 0; input < count; input++) {
      let hash = Math.imul(contexts[input]! ^ salt, 0x9e3779b1);
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
      const base = (hash >>> this.#shift) * bucketSlots;
      checks[input] = (hash & 0xffff) | 1;
      found[input] = slots[base]!;
      bases[input] = base;
    }
    for (let input = 0; input < count; input++) {
      const check = checks[input]!;
      if (found[input] === check) continue;
      let base = bases[input]!;
      const other = base ^ bucketSlots;
      if (slots[other] === check) base = other;
      else if (slots[base] !== check) {
        if ((slots[other + 1]! & 15) < (slots[base + 1]! & 15)) base = other;
        fours[base >> 2] = 0;
        fours[(base >> 2) + 1] = 0;
        slots[base] = check;
      }
      bases[input] = base;
    }
  }
}
