import { chanceOf, oddsOf } from '../coding/logistic.ts';
import { DeltaError } from '../error.ts';
import { counterOf, counterStep, levelOf, oddsOfTwelve, slotStep } from './chances.ts';
import { kinds } from './kinds.ts';
import { grades, guessCount, inputsMax, type Learnt, learntSizes, setSize } from './learnt.ts';
import { packedKernel } from './packed-kernel.ts';
import type { Priors } from './priors.ts';

/** The inner loop of the model as it was compiled from assembly/kernel.ts, which says what each of these is. */
type Program = {
  readonly memory: WebAssembly.Memory;
  open(slotBits: number, tableBits: number, historyBits: number, codedBytes: number, decodes: number): number;
  begin(): void;
  place(guess: number, hash: number): void;
  symbol(wanted: number, kind: number, selection: number, count: number): number;
} & Readonly<Record<PlaceName, WebAssembly.Global<number>>>;

type PlaceName =
  | 'contextsAt'
  | 'decisionsAt'
  | 'treesAt'
  | 'treeBytes'
  | 'byKindAt'
  | 'bySelectionAt'
  | 'guessCountersAt'
  | 'mapsAt'
  | 'chanceAt'
  | 'oddsAt'
  | 'twelveAt'
  | 'levelAt'
  | 'slotStepAt'
  | 'counterStepAt';

/** Symbols that are remembered at most, as a power of two. */
const historyBitsMax = 20;
const tableBitsMax = 17;
const decisionsMax = 32;

const log2Above = (size: number): number => 32 - Math.clz32(Math.max(1, size - 1));

/** Slots, as a power of two, for a file of so many bytes: some sixteen for each, and 8 MB at most. */
const slotBits = (bytes: number): number => Math.max(14, Math.min(22, 36 - Math.clz32(bytes)));

let compiled: WebAssembly.Module | undefined;

const instantiate = (): Program => {
  try {
    compiled ??= new WebAssembly.Module(Buffer.from(packedKernel, 'base64'));
    return new WebAssembly.Instance(compiled).exports as Program;
  } catch (error) {
    // A processor without vectors of 128 bits.
    throw new DeltaError('patch-unknown', `this machine can not run what reads it: ${(error as Error).message}`);
  }
};

/** The inner loop with its own memory. */
export class Kernel {
  readonly #program: Program;
  readonly #trees: Priors['trees'];
  /** Hashes of the contexts of the next symbol. */
  readonly contexts: Int32Array;
  /** Decisions of the last symbol that was encoded: the chance of a one in 1/65536, above the bit. */
  readonly decisions: Int32Array;
  readonly symbol: Program['symbol'];
  readonly place: Program['place'];

  /** For a file of so many bytes; it decodes where it is given what to decode. */
  constructor(fileBytes: number, { learnt, trees }: Priors, coded: Uint8Array | undefined) {
    const program = instantiate();
    this.#program = program;
    this.#trees = trees;
    const tableBits = Math.min(tableBitsMax, log2Above(fileBytes));
    const historyBits = Math.min(historyBitsMax, log2Above(2 * fileBytes));
    const length = coded?.length ?? 0;
    const codedAt = program.open(slotBits(fileBytes), tableBits, historyBits, length, coded === undefined ? 0 : 1);
    // Only now does the memory stay where it is.
    if (coded !== undefined) this.#bytes(codedAt, length).set(coded);
    program.begin();
    this.#fillTables();
    this.#fillTrees();
    this.#fillLearnt(learnt);
    this.contexts = this.#numbers('contextsAt', 8);
    this.decisions = this.#numbers('decisionsAt', decisionsMax);
    this.symbol = program.symbol;
    this.place = program.place;
  }

  /** What it has learnt by now. */
  learnt(): Learnt {
    const rows = (place: PlaceName, size: number): Int32Array => {
      const all = this.#numbers(place, (size / inputsMax) * setSize);
      return Int32Array.from(
        { length: size },
        (_, at) => all[Math.floor(at / inputsMax) * setSize + (at % inputsMax)]!,
      );
    };
    return {
      byKind: rows('byKindAt', learntSizes.byKind),
      bySelection: rows('bySelectionAt', learntSizes.bySelection),
      maps: this.#numbers('mapsAt', learntSizes.maps).slice(),
    };
  }

  /** Decisions that name a symbol. */
  depth(kind: number, symbol: number): number {
    return this.#trees[kind]!.lengths[symbol]!;
  }

  #at(place: PlaceName): number {
    return this.#program[place].value;
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#program.memory.buffer, at, length);
  }

  #numbers(place: PlaceName, length: number): Int32Array {
    return new Int32Array(this.#program.memory.buffer, this.#at(place), length);
  }

  #short(at: number, list: Int16Array): void {
    new Int16Array(this.#program.memory.buffer, at, list.length).set(list);
  }

  #fillTables(): void {
    this.#numbers('chanceAt', chanceOf.length).set(chanceOf);
    this.#short(this.#at('oddsAt'), oddsOf);
    this.#short(this.#at('twelveAt'), oddsOfTwelve);
    this.#bytes(this.#at('levelAt'), levelOf.length).set(levelOf);
    this.#numbers('slotStepAt', slotStep.length).set(slotStep);
    this.#numbers('counterStepAt', counterStep.length).set(counterStep);
    this.#numbers('guessCountersAt', kinds * guessCount * grades * 2).fill(counterOf(400, 2));
  }

  #fillTrees(): void {
    for (const [kind, { children, codes, lengths }] of this.#trees.entries()) {
      const at = this.#at('treesAt') + kind * this.#at('treeBytes');
      this.#short(at, children);
      new Int32Array(this.#program.memory.buffer, at + 1024, codes.length).set(codes);
      this.#bytes(at + 2048, lengths.length).set(lengths);
    }
  }

  #fillLearnt({ byKind, bySelection, maps }: Learnt): void {
    this.#fillSets('byKindAt', byKind);
    this.#fillSets('bySelectionAt', bySelection);
    this.#numbers('mapsAt', maps.length).set(maps);
  }

  #fillSets(place: PlaceName, weights: Int32Array): void {
    const sets = weights.length / inputsMax;
    const numbers = this.#numbers(place, sets * setSize);
    for (let set = 0; set < sets; set++)
      numbers.set(weights.subarray(set * inputsMax, (set + 1) * inputsMax), set * setSize);
  }
}
