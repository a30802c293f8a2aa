import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';
import type { SystemCall } from '../wasi/preview1.ts';
import type { ProgramExit } from '../wasi/world.ts';

/** Bytes of call stack that a program has by its own count; V8's own is larger. */
const stackBytes = 512 * 1024;
/** Where nothing limits it, a program's fuel lasts for centuries. */
const unlimited = 2n ** 60n;

/** The counters of one metered instance, and how its end is decided. */
export class Meter {
  readonly #max: bigint;
  readonly #left: WebAssembly.Global<bigint>;
  readonly #stack: WebAssembly.Global<number>;
  #isOut = false;
  /** What was left when the program's end was decided. */
  #leftAtEnd: bigint | undefined;

  constructor(fuelMax: number | undefined) {
    this.#max = fuelMax === undefined ? unlimited : BigInt(fuelMax);
    this.#left = new WebAssembly.Global({ value: 'i64', mutable: true }, this.#max);
    this.#stack = new WebAssembly.Global({ value: 'i32', mutable: true }, stackBytes);
  }

  /** To be imported by the module. */
  get imports(): WebAssembly.Imports {
    const { module, left, stack, out } = fuelContract;
    return { [module]: { [left]: this.#left, [stack]: this.#stack, [out]: () => this.#out() } };
  }

  /** A system call that a program makes with its fuel gone, between two looks at it, is not made: it ends there. */
  charged(call: SystemCall): SystemCall {
    return (...values) => {
      if (this.#left.value < 0n) this.#out();
      return this.#leftAtEnd === undefined ? call(...values) : 0;
    };
  }

  /** The module calls this below zero: the program then ends where it is. */
  #out(): void {
    if (this.#leftAtEnd === undefined && this.#stack.value >= 0) this.#isOut = true;
    this.#empty();
  }

  #empty(): void {
    this.#leftAtEnd ??= this.#left.value;
    this.#left.value = ended;
  }

  /** Ends the program when it comes back from proc_exit. */
  leave = (_exit: ProgramExit): undefined => this.#empty() as undefined;

  /** All fuel is used. */
  get isOut(): boolean {
    return this.#isOut;
  }

  /** It called itself too deeply. */
  get isTooDeep(): boolean {
    return this.#stack.value < 0;
  }

  /** Units used so far, never more than there were. */
  get used(): number {
    const left = this.#leftAtEnd ?? this.#left.value;
    return Number(this.#max - (left < 0n ? 0n : left));
  }
}
