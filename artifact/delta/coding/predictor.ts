import type { WorkBudget } from '../work.ts';
import { chanceOf, oddsMax, oddsOf } from './logistic.ts';
import type { BitCoder } from './range.ts';

/** Most predictions that can be mixed for one bit. */
export const inputsMax = 24;

/** What a decision takes besides its inputs. */
const decisionUnits = 4;

const countMax = 255;
const learningRate = 10;
const weightMax = 1 << 19;

// What is left to learn from one more bit, by how many bits a counter has seen: 8192 / (n + 1.5).
const stepOf = Int32Array.from({ length: countMax + 1 }, (_, seen) => Math.floor(16384 / (2 * seen + 3)));
// How far odds from a counter are trusted, in 1/16, by how many bits it has seen.
const trustOf = Int32Array.from({ length: countMax + 1 }, (_, seen) => [0, 12, 14, 15][seen] ?? 16);

/** Mixes a number into a hash. */
export const mixHash = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ Math.imul(value + 0x3c6ef372, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};

/**
 * Predicts bits from adaptive counters chosen by contexts, mixed by weights that learn from every bit:
 *
 *   contexts → counters → odds ┐
 *   guesses  → counters → odds ┼ × weights of two chosen sets → odds → chance → coder
 *
 * A counter is 22 bits of chance, less half, above 10 bits of count: 0 means "even, never seen". The same object
 * encodes and decodes, so the two cannot disagree; the coder decides which it is.
 */
export class Predictor {
  readonly #coder: BitCoder;
  readonly #counters: Int32Array;
  readonly #mask: number;
  readonly #weights: Int32Array;
  readonly #index = new Int32Array(inputsMax);
  readonly #odds = new Int32Array(inputsMax);
  /** What each input says of: 0 a one, 1 a zero, −1 nothing. */
  readonly #flip = new Int32Array(inputsMax);
  readonly #work: WorkBudget;

  /** Hashes of the contexts of the next flag or symbol. */
  readonly contexts: Int32Array = new Int32Array(inputsMax);
  /** Guesses at the next symbol, −1 for none. */
  readonly guesses: Int32Array = new Int32Array(inputsMax);
  /** Hash of the circumstances in which each guess was made. */
  readonly guessContexts: Int32Array = new Int32Array(inputsMax);

  constructor(coder: BitCoder, tableBits: number, sets: number, work: WorkBudget) {
    this.#coder = coder;
    this.#counters = new Int32Array(1 << tableBits);
    this.#mask = (1 << tableBits) - 1;
    this.#weights = new Int32Array(sets * inputsMax).fill(20000);
    this.#work = work;
  }

  /** Codes one bit in the first `count` contexts with the weights of two sets. */
  flag(bit: number, count: number, setA: number, setB: number): number {
    for (let input = 0; input < count; input++) {
      this.#index[input] = this.contexts[input]! & this.#mask;
      this.#flip[input] = 0;
    }
    return this.#bit(bit, count, setA * inputsMax, setB * inputsMax);
  }

  /** Codes a symbol of up to eight bits in the first `count` contexts with the first `guessCount` guesses. */
  symbol(value: number, bits: number, count: number, guessCount: number, setA: number, setB: number): number {
    const inputs = count + guessCount;
    let node = 1;
    for (let left = bits - 1; left >= 0; left--) {
      const spot = (left & 3) === 3 || left === bits - 1 ? node : 0;
      for (let input = 0; input < count; input++) {
        if (spot !== 0) this.contexts[input] = mixHash(this.contexts[input]!, spot);
        this.#index[input] = ((this.contexts[input]! & ~15) | this.#place(node, left)) & this.#mask;
        this.#flip[input] = 0;
      }
      this.#guess(node, left, bits, count, inputs);
      node = (node << 1) | this.#bit((value >> left) & 1, inputs, setA * inputsMax, setB * inputsMax);
    }
    return node - (1 << bits);
  }

  #place(node: number, left: number): number {
    const depth = 3 - (left & 3);
    return (1 << depth) | (node & ((1 << depth) - 1));
  }

  #guess(node: number, left: number, bits: number, from: number, to: number): void {
    for (let input = from; input < to; input++) {
      const guess = this.guesses[input - from]!;
      if (guess < 0 || (guess | (1 << bits)) >> (left + 1) !== node) this.#flip[input] = -1;
      else {
        this.#index[input] = mixHash(this.guessContexts[input - from]!, left) & this.#mask;
        this.#flip[input] = 1 - ((guess >> left) & 1);
      }
    }
  }

  #bit(bit: number, inputs: number, setA: number, setB: number): number {
    this.#work.spend(decisionUnits + inputs);
    const index = this.#index;
    const odds = this.#odds;
    const flip = this.#flip;
    const counters = this.#counters;
    const weights = this.#weights;
    let dotA = 0;
    let dotB = 0;
    for (let input = 0; input < inputs; input++) {
      const turned = flip[input]!;
      let value = 0;
      if (turned >= 0) {
        const counter = counters[index[input]!]!;
        value = Math.imul(oddsOf[(counter >> 16) + 0x8000]!, trustOf[counter & 1023]!) >> 4;
        if (turned === 1) value = -value;
      }
      odds[input] = value;
      dotA += Math.imul(value, weights[setA + input]!) >> 8;
      dotB += Math.imul(value, weights[setB + input]!) >> 8;
    }
    const oddsA = clampOdds(dotA >> 8);
    const oddsB = clampOdds(dotB >> 8);
    const coded = this.#coder.code(bit, chanceOf[((oddsA + oddsB) >> 1) + oddsMax + 1]!);
    const one = coded << 16;
    const missA = one - chanceOf[oddsA + oddsMax + 1]!;
    const missB = one - chanceOf[oddsB + oddsMax + 1]!;
    for (let input = 0; input < inputs; input++) {
      const turned = flip[input]!;
      if (turned < 0) continue;
      const value = odds[input]!;
      const a = weights[setA + input]! + (((Math.imul(value, missA) >> 10) * learningRate) >> 10);
      weights[setA + input] = Math.max(-weightMax, Math.min(weightMax, a));
      const b = weights[setB + input]! + (((Math.imul(value, missB) >> 10) * learningRate) >> 10);
      weights[setB + input] = Math.max(-weightMax, Math.min(weightMax, b));
      const place = index[input]!;
      const counter = counters[place]!;
      const seen = counter & 1023;
      const chance = (counter >> 10) + 0x200000;
      const gap = coded === turned ? -(chance >> 3) : (0x3fffff - chance) >> 3;
      const next = (counter & ~1023) + (Math.imul(gap, stepOf[seen]!) & ~1023);
      counters[place] = next | (seen < countMax ? seen + 1 : seen);
    }
    return coded;
  }
}

const clampOdds = (odds: number): number => Math.max(-oddsMax, Math.min(oddsMax, odds));
