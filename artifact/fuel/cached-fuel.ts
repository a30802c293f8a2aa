import type { Assembler } from './assembler.ts';
import type { BodyShape } from './body-shape.ts';
import type { Indices } from './indices.ts';
import { fillUpWhereGone, own } from './injected.ts';
import { inlinedIntoBytesMax } from './limits.ts';

/** Writes what is done with the fuel, which is kept in a local behind those of the function, or in the global. */
export class CachedFuel {
  readonly local: number;
  /** Whether calls of our own functions would not be inlined here. */
  readonly callsStay: boolean;
  /** What is to be given back when the loop that is being written is entered anew, as its header charges it once more. */
  roundCharge = 0;
  readonly #code: Assembler;
  readonly #indices: Indices;

  constructor(code: Assembler, indices: Indices, { locals, start, end }: BodyShape) {
    this.#code = code;
    this.#indices = indices;
    this.local = locals;
    this.callsStay = end - start > inlinedIntoBytesMax;
  }

  take(): void {
    this.#code.globalGet(this.#indices.left);
    this.#code.localSet(this.local);
  }

  putBack(): void {
    this.#code.localGet(this.local);
    this.#code.globalSet(this.#indices.left);
  }

  /** Takes the fuel, less what the entry costs. */
  enter(charge: number, checks: boolean): void {
    const code = this.#code;
    code.globalGet(this.#indices.left);
    code.i64Const(charge);
    if (checks) code.call(this.#indices.own(own.spend));
    else code.i64Subtract();
    code.localSet(this.local);
  }

  charge(charge: number, checks: boolean): void {
    const code = this.#code;
    if (checks && this.callsStay) {
      this.chargeInPlace(charge);
      return;
    }
    code.localGet(this.local);
    code.i64Const(charge);
    if (checks) code.call(this.#indices.own(own.spend));
    else code.i64Subtract();
    code.localSet(this.local);
  }

  /** Where the engine would leave a call, and where it may compile the function before it comes by. */
  chargeInPlace(charge: number): void {
    const code = this.#code;
    code.localGet(this.local);
    code.i64Const(charge);
    code.i64Subtract();
    fillUpWhereGone(code, this.#indices, this.local);
  }

  /** Charges where the fuel is kept in the global. */
  chargeGlobal(charge: number, checks: boolean): void {
    const code = this.#code;
    if (checks && this.callsStay) this.chargeGlobalInPlace(charge);
    else if (checks) {
      code.i64Const(charge);
      code.call(this.#indices.own(own.charge));
    } else {
      this.#leftLess(charge);
      code.globalSet(this.#indices.left);
    }
  }

  /** The same as `chargeInPlace`, where the fuel is kept in the global; the local is free then. */
  chargeGlobalInPlace(charge: number): void {
    const code = this.#code;
    this.#leftLess(charge);
    code.localTee(this.local);
    code.globalSet(this.#indices.left);
    code.localGet(this.local);
    code.i64Const(0);
    code.i64LessThan();
    code.ifUnlikely();
    code.i64Const(0);
    code.call(this.#indices.own(own.charge));
    code.end();
  }

  #leftLess(charge: number): void {
    this.#code.globalGet(this.#indices.left);
    this.#code.i64Const(charge);
    this.#code.i64Subtract();
  }

  /** Charges a round of a loop that leaves itself by this label when the fuel is gone. */
  chargeRound(charge: number, label: number): void {
    const code = this.#code;
    code.localGet(this.local);
    code.i64Const(charge);
    code.i64Subtract();
    code.localTee(this.local);
    code.i64Const(0);
    code.i64LessThan();
    code.branchUnlikely(label);
  }
}
