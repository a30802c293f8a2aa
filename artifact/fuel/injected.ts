import { Assembler } from './assembler.ts';
import type { Indices } from './indices.ts';
import { bulkBytesLog2 } from './limits.ts';

/** Our own functions, by their numbers for `Indices.own`. */
export const own = {
  /** Traps if the fuel is below zero. */
  stopIfEnded: 0,
  /** Asks the host for fuel, and traps if it gives none. */
  exhausted: 1,
  /** The same where the fuel is in a local: takes it, gives it back. */
  refill: 2,
  /** Tells the host that the stack is used up, and traps. */
  overflow: 3,
  /** Pays for a bulk operation and gives back its length. */
  bytes32: 4,
  bytes64: 5,
  items32: 6,
  items64: 7,
} as const;

/** How many functions of our own there are. */
export const ownFunctions = Object.keys(own).length;

/** Signatures of our own functions, by number: the code of the one value type they take and give, or none. */
export const ownSignatures: readonly (number | undefined)[] = (() => {
  const [i32, i64] = [0x7f, 0x7e];
  return [undefined, undefined, i64, undefined, i32, i64, i32, i64];
})();

/** The function that pays for a bulk operation. */
export function bulkFunction(countsBytes: boolean, lengthIsWide: boolean): number {
  if (countsBytes) return lengthIsWide ? own.bytes64 : own.bytes32;
  return lengthIsWide ? own.items64 : own.items32;
}

/** Bodies of our own functions, by number. */
export function ownBodies(indices: Indices): Uint8Array[] {
  const stopIfEnded = bodyOf((code) => {
    code.globalGet(indices.left);
    code.i64Const(0);
    code.i64LessThan();
    code.if();
    code.unreachable();
    code.end();
  });
  const exhausted = bodyOf((code) => {
    code.call(indices.out);
    code.call(indices.own(own.stopIfEnded));
  });
  const refill = bodyOf((code) => {
    code.localGet(0);
    code.globalSet(indices.left);
    code.call(indices.own(own.exhausted));
    code.globalGet(indices.left);
  });
  const overflow = bodyOf((code) => {
    code.i32Const(-1);
    code.globalSet(indices.stack);
    code.call(indices.out);
    code.unreachable();
  });
  const bulk = [true, false].flatMap((bytes) => [false, true].map((wide) => bulkBody(indices, bytes, wide)));
  return [stopIfEnded, exhausted, refill, overflow, ...bulk];
}

// A length of 2^32 items makes the operation trap, whatever was paid; one of bytes can't make the fuel wrap around.
function bulkBody(indices: Indices, countsBytes: boolean, lengthIsWide: boolean): Uint8Array {
  return bodyOf((code) => {
    code.globalGet(indices.left);
    code.localGet(0);
    if (lengthIsWide && !countsBytes) code.i32Wrap();
    if (!(lengthIsWide && countsBytes)) code.i64ExtendUnsigned();
    if (countsBytes) {
      code.i64Const(bulkBytesLog2);
      code.i64ShiftRight();
    }
    code.i64Subtract();
    code.globalSet(indices.left);
    code.globalGet(indices.left);
    code.i64Const(0);
    code.i64LessThan();
    code.if();
    code.call(indices.own(own.exhausted));
    code.end();
    code.localGet(0);
  });
}

/** The body of a function through which the guest calls an imported one of so many parameters. */
export function importWrapper(indices: Indices, imported: number, params: number): Uint8Array {
  return bodyOf((code) => {
    for (let param = 0; param < params; param++) code.localGet(param);
    code.call(imported);
    code.call(indices.own(own.stopIfEnded));
  });
}

function bodyOf(write: (code: Assembler) => void): Uint8Array {
  const code = new Assembler(32);
  code.u32(0);
  write(code);
  code.end();
  return code.contents();
}
