import { chanceOf, oddsMax } from '../coding/logistic.ts';
import type { BitCoder } from '../coding/range.ts';
import type { WorkBudget } from '../work.ts';
import { Buckets, bucketDecisions } from './buckets.ts';
import {
  clampOdds,
  counterOf,
  evenSlot,
  levelOf,
  levels,
  mapSize,
  nextCounter,
  nextSlot,
  oddsOfCounter,
  oddsOfTwelve,
} from './chances.ts';
import { contextsMax, depths, grades, guessCount, inputsMax, type Learnt } from './learnt.ts';
import type { SymbolTree } from './trees.ts';

/** What a decision takes besides its contexts. */
const decisionUnits = 4;
const learningRate = 80;
/** Misses of less than this, in 1/65536, teach the weights nothing worth the time. */
const missMin = 2000;
const weightMax = 1 << 19;
/** The input that is always the same, the last one, and what it says. */
const always = inputsMax - 1;
const alwaysOdds = 256;

/** A weight after odds that missed by so much. */
const nextWeight = (weight: number, odds: number, miss: number): number => {
  const next = weight + (((Math.imul(odds, miss) >> 10) * learningRate) >> 10);
  return next > weightMax ? weightMax : next < -weightMax ? -weightMax : next;
};

/**
 * Predicts the bits of symbols, down their tree:
 *
 *   contexts → buckets → slots → maps → odds ┐
 *   guesses  → counters ────────────→ odds ┼ × weights of two sets → odds → chance → coder
 *
 * The same object encodes and decodes, so the two cannot disagree; the coder decides which it is.
 */
export class Model {
  readonly #coder: BitCoder;
  readonly #work: WorkBudget;
  readonly #buckets: Buckets;
  readonly #slots: Uint16Array;
  readonly #bases = new Int32Array(contextsMax);
  readonly #maps: Int32Array;
  readonly #guessCounters: Int32Array;
  readonly #places = new Int32Array(inputsMax);
  readonly #odds = new Int32Array(inputsMax);
  readonly #byKind: Int32Array;
  readonly #bySelection: Int32Array;
  #setA = 0;
  #setB = 0;

  /** Hashes of the contexts of the next symbol. */
  readonly contexts: Int32Array = new Int32Array(contextsMax);
  /** Guesses at the next symbol, −1 for none, and how good each has proved. */
  readonly guesses: Int32Array = new Int32Array(guessCount);
  readonly guessGrades: Int32Array = new Int32Array(guessCount);

  /** The model learns in the very lists it is given. */
  constructor(coder: BitCoder, slotBits: number, kinds: number, learnt: Learnt, work: WorkBudget) {
    this.#coder = coder;
    this.#work = work;
    this.#buckets = new Buckets(slotBits);
    this.#slots = this.#buckets.slots;
    this.#byKind = learnt.byKind;
    this.#bySelection = learnt.bySelection;
    this.#maps = learnt.maps;
    this.#odds[always] = alwaysOdds;
    this.#guessCounters = new Int32Array(kinds * guessCount * grades * 2).fill(counterOf(400, 2));
  }

  /**
   * Codes a symbol of a tree in the first `count` contexts. Weights are chosen by its kind and how good the best guess is, and by the
   * selection.
   */
  symbol(tree: SymbolTree, wanted: number, kind: number, grade: number, selection: number, count: number): number {
    const { children } = tree;
    const code = tree.codes[wanted]!;
    let left = tree.lengths[wanted]!;
    this.#setB = selection * inputsMax;
    for (let node = 0, depth = 0; ; ) {
      this.#work.spend(bucketDecisions * (decisionUnits + count));
      this.#buckets.open(this.contexts, count, node, this.#bases);
      for (let level = 0, spot = 1; level < bucketDecisions; level++, depth++) {
        this.#setA = ((kind * grades + grade) * depths + Math.min(depth, depths - 1)) * inputsMax;
        left--;
        this.#guess(kind, tree, depth);
        const bit = this.#bit((code >>> left) & 1, kind, spot, count);
        this.#judge(bit);
        const next = children[2 * node + bit]!;
        if (next < 0) return ~next;
        node = next;
        spot = (spot << 1) | bit;
      }
    }
  }

  /** One decision: `spot` is its node in the buckets that are open. */
  #bit(bit: number, kind: number, spot: number, count: number): number {
    const odds = this.#odds;
    const places = this.#places;
    const bases = this.#bases;
    const slots = this.#slots;
    const maps = this.#maps;
    const weightsA = this.#byKind;
    const weightsB = this.#bySelection;
    const setA = this.#setA;
    const setB = this.#setB;
    let dotA = Math.imul(alwaysOdds, weightsA[setA + always]!) >> 8;
    let dotB = Math.imul(alwaysOdds, weightsB[setB + always]!) >> 8;
    for (let input = contextsMax; input < always; input++) {
      const value = odds[input]!;
      if (value === 0) continue;
      dotA += Math.imul(value, weightsA[setA + input]!) >> 8;
      dotB += Math.imul(value, weightsB[setB + input]!) >> 8;
    }
    for (let input = 0, map = kind * contextsMax * mapSize; input < count; input++, map += mapSize) {
      const slot = slots[bases[input]! + spot]! ^ evenSlot;
      const place = map + (slot & 15) * levels + levelOf[slot >> 4]!;
      const value = oddsOfTwelve[(maps[place]! >> 20) + 2048]!;
      places[input] = place;
      odds[input] = value;
      dotA += Math.imul(value, weightsA[setA + input]!) >> 8;
      dotB += Math.imul(value, weightsB[setB + input]!) >> 8;
    }
    const oddsA = clampOdds(dotA >> 8);
    const oddsB = clampOdds(dotB >> 8);
    const coded = this.#coder.code(bit, chanceOf[((oddsA + oddsB) >> 1) + oddsMax + 1]!);
    const missA = (coded << 16) - chanceOf[oddsA + oddsMax + 1]!;
    const missB = (coded << 16) - chanceOf[oddsB + oddsMax + 1]!;
    if (missA > missMin || missA < -missMin) this.#weigh(weightsA, setA, missA, count);
    if (missB > missMin || missB < -missMin) this.#weigh(weightsB, setB, missB, count);
    for (let input = 0; input < count; input++) {
      const place = places[input]!;
      maps[place] = nextCounter(maps[place]!, coded);
      const at = bases[input]! + spot;
      slots[at] = nextSlot(slots[at]! ^ evenSlot, coded) ^ evenSlot;
    }
    return coded;
  }

  #weigh(weights: Int32Array, set: number, miss: number, count: number): void {
    const odds = this.#odds;
    for (let input = 0; input < count; input++) {
      weights[set + input] = nextWeight(weights[set + input]!, odds[input]!, miss);
    }
    for (let input = contextsMax; input < inputsMax; input++) {
      weights[set + input] = nextWeight(weights[set + input]!, odds[input]!, miss);
    }
  }

  /** What the guesses say of a decision. */
  #guess(kind: number, tree: SymbolTree, depth: number): void {
    for (let guess = 0, input = contextsMax; guess < guessCount; guess++, input++) {
      const symbol = this.guesses[guess]!;
      this.#odds[input] = 0;
      if (symbol < 0) continue;
      const expected = (tree.codes[symbol]! >>> (tree.lengths[symbol]! - 1 - depth)) & 1;
      const grade = (kind * guessCount + guess) * grades + this.guessGrades[guess]!;
      const counter = 2 * grade + (depth === 0 ? 0 : 1);
      const odds = oddsOfCounter(this.#guessCounters[counter]!);
      this.#odds[input] = expected === 1 ? odds : 0 - odds;
      this.#places[input] = 2 * counter + expected;
    }
  }

  /** Whether the guesses came true as far as one decision. */
  #judge(bit: number): void {
    for (let guess = 0; guess < guessCount; guess++) {
      if (this.guesses[guess]! < 0) continue;
      const place = this.#places[contextsMax + guess]!;
      const isRight = bit === (place & 1);
      this.#guessCounters[place >> 1] = nextCounter(this.#guessCounters[place >> 1]!, isRight ? 1 : 0);
      if (!isRight) this.guesses[guess] = -1;
    }
  }
}
