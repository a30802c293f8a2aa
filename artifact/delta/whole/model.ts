import type { BitEncoder } from '../coding/range.ts';
import type { WorkBudget } from '../work.ts';
import type { Kernel } from './kernel.ts';

/** Decisions that a bucket has slots for. */
const bucketDecisions = 3;
/** What a decision takes besides its contexts. */
const decisionUnits = 4;

/** Predicts symbols and learns from them. The same kernel encodes and decodes, so the two cannot disagree. */
export class Model {
  readonly #kernel: Kernel;
  readonly #encoder: BitEncoder | undefined;
  readonly #work: WorkBudget;
  /** Hashes of the contexts of the next symbol. */
  readonly contexts: Int32Array;

  /** It decodes what the kernel was given, or encodes for an encoder. */
  constructor(kernel: Kernel, encoder: BitEncoder | undefined, work: WorkBudget) {
    this.#kernel = kernel;
    this.#encoder = encoder;
    this.#work = work;
    this.contexts = kernel.contexts;
  }

  /** Codes a symbol of a kind in the first `count` contexts, with the weights of the selection besides its kind's. */
  symbol(wanted: number, kind: number, selection: number, count: number): number {
    const done = this.#kernel.symbol(wanted, kind, selection, count);
    const opened = done >> 8;
    // A symbol has its bounds: what is spent afterwards is no more than that over the budget.
    this.#work.spend(opened * bucketDecisions * (decisionUnits + count));
    const symbol = done & 255;
    if (this.#encoder !== undefined) this.#encode(this.#encoder, this.#kernel.depth(kind, symbol));
    return symbol;
  }

  /** At a place where a guess may begin, with a hash of what came last. */
  place(guess: number, hash: number): void {
    this.#kernel.place(guess, hash);
  }

  #encode(encoder: BitEncoder, count: number): void {
    const { decisions } = this.#kernel;
    for (let at = 0; at < count; at++) {
      const decision = decisions[at]!;
      encoder.code(decision & 1, decision >> 1);
    }
  }
}
