import type { Assembler } from './assembler.ts';
import type { BodyShape } from './body-shape.ts';
import type { Indices } from './indices.ts';
import { fillUpWhereGone, ifBelowZero, own } from './injected.ts';
import { inlinedIntoBytesMax } from './limits.ts';
import { outOfFuelLabel } from './reentered-loop.ts';

/** Writes what is done with the fuel where it is kept in a local, behind those of the function. */
export class CachedFuel {
  readonly local: number;
  /** Whether calls of our own functions would not be inlined here. */
  readonly callsStay: boolean;
  /** What a round of the loop costs that is being written and will be entered anew. */
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
    code.localGet(this.local);
    code.i64Const(charge);
    if (checks) this.#spend();
    else {
      code.i64Subtract();
      code.localSet(this.local);
    }
  }

  /** A call that the engine would leave in each round of a hot loop has the body of what it calls in its place. */
  #spend(): void {
    const code = this.#code;
    if (this.callsStay) {
      code.i64Subtract();
      code.localTee(this.local);
      fillUpWhereGone(code, this.#indices, this.local);
    } else {
      code.call(this.#indices.own(own.spend));
      code.localSet(this.local);
    }
  }

  /** Makes what is on the stack the fuel that is left, where that is kept in the global; asks the host for more when it is gone. */
  setAndLook(): void {
    const code = this.#code;
    code.localTee(this.local);
    code.globalSet(this.#indices.left);
    code.localGet(this.local);
    ifBelowZero(code);
    code.i64Const(0);
    code.call(this.#indices.own(own.charge));
    code.end();
  }

  /** What a round of a loop costs that leaves itself when the fuel is gone. */
  chargeRound(charge: number): void {
    const code = this.#code;
    this.roundCharge = charge;
    code.localGet(this.local);
    code.i64Const(charge);
    code.i64Subtract();
    code.localTee(this.local);
    code.i64Const(0);
    code.i64LessThan();
    code.branchUnlikely(outOfFuelLabel);
  }
}
