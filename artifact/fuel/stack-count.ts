import type { Assembler } from './assembler.ts';
import type { Indices } from './indices.ts';
import { own } from './injected.ts';

/** Writes how a function counts the bytes of stack that it and the uncounted ones below it take. */
export class StackCount {
  readonly #code: Assembler;
  readonly #indices: Indices;
  /** Holds the bytes of stack as they were when the function was entered. */
  readonly #local: number;
  readonly #bytes: number;

  constructor(code: Assembler, indices: Indices, local: number, bytes: number) {
    this.#code = code;
    this.#indices = indices;
    this.#local = local;
    this.#bytes = bytes;
  }

  /** Pays for the entry by a call, and takes the stack with it. */
  enter(charge: number): void {
    this.#code.i64Const(charge);
    this.#code.i32Const(this.#bytes);
    this.#code.call(this.#indices.own(own.enter));
    this.#code.localSet(this.#local);
  }

  /** Takes the stack in place; so many bytes are kept for what runs without counting it. */
  take(reserve: number): void {
    const code = this.#code;
    code.globalGet(this.#indices.stack);
    code.localTee(this.#local);
    code.i32Const(this.#bytes);
    code.i32Subtract();
    code.globalSet(this.#indices.stack);
    code.localGet(this.#local);
    code.i32Const(this.#bytes + reserve);
    code.i32LessThan();
    code.ifUnlikely();
    code.call(this.#indices.own(own.overflow));
    code.end();
  }

  /** Sets the stack to what it is inside of this function. */
  restore(): void {
    this.#code.localGet(this.#local);
    this.#code.i32Const(this.#bytes);
    this.#code.i32Subtract();
    this.#code.globalSet(this.#indices.stack);
  }

  /** Gives back what was taken. */
  give(): void {
    this.#code.localGet(this.#local);
    this.#code.globalSet(this.#indices.stack);
  }
}
