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
const missMin = 200;
const weightMax = 1 << 19;
const alwaysOdds = 256;

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
        const bit = this.#bit((code >>> left) & 1, kind, spot, count, tree, depth);
        const next = children[2 * node + bit]!;
        if (next < 0) return ~next;
        node = next;
        spot = (spot << 1) | bit;
      }
    }
  }

  #bit(bit: number, kind: number, spot: number, count: number, tree: SymbolTree, depth: number): number {
    this.#look(kind, spot, count);
    this.#guess(kind, tree, depth);
    const odds = this.#odds;
    const weightsA = this.#byKind;
    const weightsB = this.#bySelection;
    const setA = this.#setA;
    const setB = this.#setB;
    let dotA = 0;
    let dotB = 0;
    for (let input = 0; input < inputsMax; input++) {
      const value = odds[input]!;
      dotA += Math.imul(value, weightsA[setA + input]!) >> 8;
      dotB += Math.imul(value, weightsB[setB + input]!) >> 8;
    }
    const oddsA = clampOdds(dotA >> 8);
    const oddsB = clampOdds(dotB >> 8);
    const coded = this.#coder.code(bit, chanceOf[((oddsA + oddsB) >> 1) + oddsMax + 1]!);
    const one = coded << 16;
    const missA = one - chanceOf[oddsA + oddsMax + 1]!;
    const missB = one - chanceOf[oddsB + oddsMax + 1]!;
    if (missA > missMin || missA < -missMin) this.#weigh(weightsA, setA, missA);
    if (missB > missMin || missB < -missMin) this.#weigh(weightsB, setB, missB);
    this.#learn(coded, spot, count);
    return coded;
  }

  /** What the contexts say of a decision. */
  #look(kind: number, spot: number, count: number): void {
    const maps = this.#maps;
    let map = kind * contextsMax * mapSize;
    for (let input = 0; input < count; input++, map += mapSize) {
      const slot = this.#slots[this.#bases[input]! + spot]! ^ evenSlot;
      const place = map + (slot & 15) * levels + levelOf[slot >> 4]!;
      this.#places[input] = place;
      this.#odds[input] = oddsOfTwelve[(maps[place]! >> 20) + 2048]!;
    }
    for (let input = count; input < contextsMax; input++) this.#odds[input] = 0;
    this.#odds[inputsMax - 1] = alwaysOdds;
  }

  /** What the guesses say of it. */
  #guess(kind: number, tree: SymbolTree, depth: number): void {
    for (let guess = 0, input = contextsMax; guess < guessCount; guess++, input++) {
      const symbol = this.guesses[guess]!;
      this.#odds[input] = 0;
      if (symbol < 0) continue;
      const expected = (tree.codes[symbol]! >>> (tree.lengths[symbol]! - 1 - depth)) & 1;
      const grade = (kind * guessCount + guess) * grades + this.guessGrades[guess]!;
      const counter = 2 * grade + (depth === 0 ? 0 : 1);
      const odds = oddsOfCounter(this.#guessCounters[counter]!);
      this.#odds[input] = expected === 1 ? odds : -odds;
      this.#places[input] = 2 * counter + expected;
    }
  }

  #weigh(weights: Int32Array, set: number, miss: number): void {
    const odds = this.#odds;
    for (let input = 0; input < inputsMax; input++) {
      const change = ((Math.imul(odds[input]!, miss) >> 10) * learningRate) >> 10;
      const weight = weights[set + input]! + change;
      weights[set + input] = weight > weightMax ? weightMax : weight < -weightMax ? -weightMax : weight;
    }
  }

  #learn(bit: number, spot: number, count: number): void {
    for (let input = 0; input < count; input++) {
      const place = this.#places[input]!;
      this.#maps[place] = nextCounter(this.#maps[place]!, bit);
      const at = this.#bases[input]! + spot;
      this.#slots[at] = nextSlot(this.#slots[at]! ^ evenSlot, bit) ^ evenSlot;
    }
    for (let guess = 0; guess < guessCount; guess++) {
      if (this.guesses[guess]! < 0) continue;
      const place = this.#places[contextsMax + guess]!;
      const isRight = bit === (place & 1);
      this.#guessCounters[place >> 1] = nextCounter(this.#guessCounters[place >> 1]!, isRight ? 1 : 0);
      if (!isRight) this.guesses[guess] = -1;
    }
  }
}
