import type { CompositeType, ValueType } from '../wasm/module.ts';
import { writeLocals } from '../wasm/write/code.ts';
import { Assembler } from './assembler.ts';
import type { Indices } from './indices.ts';
import { bulkBytesLog2 } from './limits.ts';

/** Our own functions, by their numbers for `Indices.own`. */
export const own = {
  /** Traps if the fuel is below zero. */
  stopIfEnded: 0,
  /** Takes fuel; asks the host for more when it is gone, and traps if there is none. */
  charge: 1,
  /** Takes fuel and bytes of stack, and gives back how many there were. */
  enter: 2,
  /** Asks the host for fuel where it is kept in a local: takes it, gives it back. */
  refill: 3,
  /** Tells the host that the stack is used up, and traps. */
  overflow: 4,
  /** Pays for a bulk operation and gives back its length. */
  bytes32: 5,
  bytes64: 6,
  items32: 7,
  items64: 8,
  /** Takes fuel from what is kept in a local, and gives back what is left of it, filled up where it was gone. */
  spend: 9,
  /** Tells the host where memory was refused, and gives back what came of asking for it. */
  grown32: 10,
  grown64: 11,
} as const;

/** How many functions of our own there are. */
export const ownFunctions = Object.keys(own).length;

const i32: ValueType = { code: 0x7f };
const i64: ValueType = { code: 0x7e };

/** What each of our own functions takes and gives, by number. */
export const ownSignatures: readonly Omit<Extract<CompositeType, { kind: 'function' }>, 'kind'>[] = [
  { params: [], results: [] },
  { params: [i64], results: [] },
  { params: [i64, i32], results: [i32] },
  { params: [i64], results: [i64] },
  { params: [], results: [] },
  ...[i32, i64, i32, i64].map((value) => ({ params: [value], results: [value] })),
  { params: [i64, i64], results: [i64] },
  ...[i32, i64].map((value) => ({ params: [value], results: [value] })),
];

/** The function that pays for a bulk operation. */
export function bulkFunction(countsBytes: boolean, lengthIsWide: boolean): number {
  if (countsBytes) return lengthIsWide ? own.bytes64 : own.bytes32;
  return lengthIsWide ? own.items64 : own.items32;
}

/** Code of our own, and where in it a branch is unlikely. */
export interface OwnBody {
  readonly bytes: Uint8Array;
  readonly unlikely: readonly number[];
}

/** Bodies of our own functions, by number; `reserve` bytes of stack are for what runs without counting it. */
export function ownBodies(indices: Indices, reserve: number): OwnBody[] {
  const charge = bodyOf((code) => takeFuel(code, indices, 0, () => code.localGet(0)));
  const refill = bodyOf((code) => {
    code.localGet(0);
    code.globalSet(indices.left);
    askForFuel(code, indices);
    code.globalGet(indices.left);
  });
  const bulk = [true, false].flatMap((bytes) => [false, true].map((wide) => bulkBody(indices, bytes, wide)));
  const overflow = bodyOf((code) => {
    code.i32Const(-1);
    code.globalSet(indices.stack);
    code.call(indices.out);
    code.unreachable();
  });
  const ended = bodyOf((code) => trapIfEnded(code, indices));
  const grown = [false, true].map((wide) => grownBody(indices, wide));
  return [ended, charge, enterBody(indices, reserve), refill, overflow, ...bulk, spendBody(indices), ...grown];
}

function spendBody(indices: Indices): OwnBody {
  return bodyOf((code) => {
    code.localGet(0);
    code.localGet(1);
    code.i64Subtract();
    code.localTee(0);
    fillUpWhereGone(code, indices, 0);
    code.localGet(0);
  });
}

/** Asks the host for more where the fuel that is kept in a local, and is on top of the stack, is below zero. */
export function fillUpWhereGone(code: Assembler, indices: Indices, local: number): void {
  ifBelowZero(code);
  code.localGet(local);
  code.call(indices.own(own.refill));
  code.localSet(local);
  code.end();
}

function enterBody(indices: Indices, reserve: number): OwnBody {
  const [fuel, bytes, before] = [0, 1, 2];
  return bodyOf(
    (code) => {
      takeFuel(code, indices, fuel, () => code.localGet(fuel));
      code.globalGet(indices.stack);
      code.localTee(before);
      code.localGet(bytes);
      code.i32Subtract();
      code.localTee(bytes);
      code.i32Const(reserve);
      stopWhereLess(code, indices);
      code.localGet(bytes);
      code.globalSet(indices.stack);
      code.localGet(before);
    },
    [i32],
  );
}

/** Ends the program where of the two numbers of bytes on top of the stack the first, which are left, is less than the second. */
export function stopWhereLess(code: Assembler, indices: Indices): void {
  code.i32LessThan();
  code.ifUnlikely();
  code.call(indices.own(own.overflow));
  code.end();
}

// A length of 2^32 items makes the operation trap, whatever was paid; one of bytes can't make the fuel wrap around.
function bulkBody(indices: Indices, countsBytes: boolean, lengthIsWide: boolean): OwnBody {
  const [length, left] = [0, 1];
  return bodyOf(
    (code) => {
      takeFuel(code, indices, left, () => {
        code.localGet(length);
        if (lengthIsWide && !countsBytes) code.i32Wrap();
        if (!(lengthIsWide && countsBytes)) code.i64ExtendUnsigned();
        if (!countsBytes) return;
        code.i64Const(bulkBytesLog2);
        code.i64ShiftRight();
      });
      code.localGet(length);
    },
    [i64],
  );
}

/** Memory is refused by a number below zero; who asks for fuel or is too deep has a counter there. */
function grownBody(indices: Indices, isWide: boolean): OwnBody {
  return bodyOf((code) => {
    code.localGet(0);
    if (isWide) ifBelowZero(code);
    else {
      code.i32Const(0);
      code.i32LessThan();
      code.ifUnlikely();
    }
    code.i64Const(0);
    code.call(indices.own(own.charge));
    code.call(indices.out);
    code.end();
    code.localGet(0);
  });
}

/** The body of a function through which the guest calls an imported one of so many parameters. */
export function importWrapper(indices: Indices, imported: number, params: number): OwnBody {
  return bodyOf((code) => {
    for (let param = 0; param < params; param++) code.localGet(param);
    code.call(imported);
    // Another metered module may come back below zero between two looks; one that the host has ended is given nothing, and traps.
    code.i64Const(0);
    code.call(indices.own(own.charge));
  });
}

/** The body of a function of so many parameters through which all but its like call a threaded one. */
export function threadedEntry(indices: Indices, threaded: number, params: number): OwnBody {
  const stackBefore = params;
  return bodyOf(
    (code) => {
      for (let param = 0; param < params; param++) code.localGet(param);
      code.globalGet(indices.left);
      code.globalGet(indices.stack);
      code.localTee(stackBefore);
      code.call(threaded);
      code.globalSet(indices.left);
      code.localGet(stackBefore);
      code.globalSet(indices.stack);
    },
    [i32],
  );
}

/** What is left goes through a local, as the engine reads a global again that was just written. */
function takeFuel(code: Assembler, indices: Indices, local: number, amount: () => void): void {
  code.globalGet(indices.left);
  amount();
  code.i64Subtract();
  code.localTee(local);
  code.globalSet(indices.left);
  code.localGet(local);
  ifBelowZero(code);
  askForFuel(code, indices);
  code.end();
}

function askForFuel(code: Assembler, indices: Indices): void {
  code.call(indices.out);
  code.call(indices.own(own.stopIfEnded));
}

function trapIfEnded(code: Assembler, indices: Indices): void {
  code.globalGet(indices.left);
  ifBelowZero(code);
  code.unreachable();
  code.end();
}

/** Begins what is done where the fuel on top of the stack is gone. */
export function ifBelowZero(code: Assembler): void {
  code.i64Const(0);
  code.i64LessThan();
  code.ifUnlikely();
}

function bodyOf(write: (code: Assembler) => void, locals: readonly ValueType[] = []): OwnBody {
  const code = new Assembler(64);
  writeLocals(
    code,
    locals.map((type) => ({ count: 1, type })),
  );
  write(code);
  code.end();
  return { bytes: code.contents(), unlikely: code.unlikely };
}
