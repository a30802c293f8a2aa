import type { Signatures } from './signatures.ts';

/** How many operands are on the stack while a body is walked, and were at most. */
export class OperandHeight {
  now = 0;
  most = 0;
  readonly #signatures: Signatures;

  constructor(signatures: Signatures) {
    this.#signatures = signatures;
  }

  grow(values: number): void {
    this.now += values;
    if (this.now > this.most) this.most = this.now;
  }

  /** A function of this type takes its arguments, and so many more, and gives its results. */
  call(type: number, more: number): void {
    this.grow((this.#signatures.results[type] ?? 0) - (this.#signatures.params[type] ?? 0) - more);
  }

  /** An exception of this tag leaves what it carries. */
  caught(tag: number): void {
    this.grow(this.#signatures.params[this.#signatures.ofTag[tag] ?? -1] ?? 0);
  }
}
