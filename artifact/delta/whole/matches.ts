import { grades, guessCount } from './learnt.ts';
import type { Model } from './model.ts';

/** Symbols that are remembered at most; a power of two. */
const historyMax = 2 ** 20;
const tableBitsMax = 17;

const gradeOf = (run: number): number => Math.min(grades - 1, run === 0 ? 1 : 34 - Math.clz32(run >> 1));

const log2Above = (size: number): number => 32 - Math.clz32(Math.max(1, size - 1));

/**
 * Where the same symbols stood before. What was coded is kept with its kinds; at each place where a guess may begin, hashes of
 * what came last are looked up, and what followed there is guessed for as long as it comes true.
 */
export class Matches {
  readonly #model: Model;
  /** Symbols above their kinds. */
  readonly #history: Uint16Array;
  readonly #mask: number;
  #length = 0;
  readonly #tables: readonly Int32Array[];
  readonly #pointers = new Int32Array(guessCount).fill(-1);
  readonly #runs = new Int32Array(guessCount);

  constructor(model: Model, bytes: number) {
    this.#model = model;
    const size = Math.min(historyMax, 2 ** log2Above(2 * bytes));
    this.#mask = size - 1;
    this.#history = new Uint16Array(size);
    const tableSize = 2 ** Math.min(tableBitsMax, log2Above(bytes));
    this.#tables = Array.from({ length: guessCount }, () => new Int32Array(tableSize).fill(-1));
  }

  /** Tells the model what is guessed at for a symbol of a kind; gives how good the best guess is. */
  guess(kind: number): number {
    let best = 0;
    for (let guess = 0; guess < guessCount; guess++) {
      const pointer = this.#pointers[guess]!;
      const guessed = pointer < 0 ? -1 : this.#history[pointer]!;
      if (pointer < 0 || (guessed & 255) !== kind) this.#model.guesses[guess] = -1;
      else {
        const grade = gradeOf(this.#runs[guess]!);
        this.#model.guesses[guess] = guessed >> 8;
        this.#model.guessGrades[guess] = grade;
        if (grade > best) best = grade;
      }
    }
    return best;
  }

  /** Takes in the symbol that it was. */
  add(symbol: number, kind: number): void {
    const entry = (symbol << 8) | kind;
    for (let guess = 0; guess < guessCount; guess++) {
      const pointer = this.#pointers[guess]!;
      if (pointer < 0) continue;
      const isRight = this.#history[pointer] === entry;
      this.#pointers[guess] = isRight ? (pointer + 1) & this.#mask : -1;
      this.#runs[guess] = isRight ? this.#runs[guess]! + 1 : 0;
    }
    this.#history[this.#length] = entry;
    this.#length = (this.#length + 1) & this.#mask;
  }

  /** At a place where guess `guess` may begin, with a hash of what came last. */
  place(guess: number, hash: number): void {
    const table = this.#tables[guess]!;
    const at = (hash ^ (hash >>> 16)) & (table.length - 1);
    if (this.#pointers[guess]! < 0) this.#pointers[guess] = table[at]!;
    table[at] = this.#length;
  }
}
