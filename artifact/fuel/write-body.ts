import { type Leb, readU32 } from '../wasm/read/leb.ts';
import { writeLocals } from '../wasm/write/code.ts';
import type { Assembler } from './assembler.ts';
import { edit, noSegment } from './body-shape.ts';
import { cachedRegions, leavesRegion, notCached } from './cached-regions.ts';
import type { Indices } from './indices.ts';
import { bulkFunction, own } from './injected.ts';
import type { MeteredFunction } from './meter.ts';

/**
 * Writes the locals and instructions of one function, from the bytes they were read from. The result type is that of a
 * block which has the function's results, as a signed number.
 */
export function writeBody(
  code: Assembler,
  source: Uint8Array,
  metered: MeteredFunction,
  resultType: number,
  indices: Indices,
): void {
  new BodyWriter(code, source, metered, indices).write(resultType);
}

class BodyWriter {
  readonly #code: Assembler;
  readonly #source: Uint8Array;
  readonly #metered: MeteredFunction;
  readonly #indices: Indices;
  readonly #regions: Int32Array;
  /** Holds the fuel inside of cached regions. */
  readonly #fuelLocal: number;
  /** Holds the bytes of stack as they were when the function was entered. */
  readonly #stackLocal: number;
  #copied: number;

  constructor(code: Assembler, source: Uint8Array, metered: MeteredFunction, indices: Indices) {
    this.#code = code;
    this.#source = source;
    this.#metered = metered;
    this.#indices = indices;
    this.#regions = cachedRegions(metered.shape);
    this.#fuelLocal = metered.shape.locals;
    this.#stackLocal = metered.shape.locals + (this.#hasCache() ? 1 : 0);
    this.#copied = metered.shape.start;
  }

  write(resultType: number): void {
    const { shape, metering } = this.#metered;
    const code = this.#code;
    this.#writeLocals();
    this.#takeStack();
    this.#edit(0);
    if (metering.stack !== undefined) code.block(resultType);
    for (let i = 1; i < shape.edits.kind.length; i++) this.#edit(i);
    this.#copyTo(shape.end - 1);
    if (this.#regions[0] === 0) this.#uncache();
    if (metering.stack !== undefined) code.end();
    this.#giveStack();
    code.end();
  }

  #hasCache(): boolean {
    return this.#regions.some((region) => region !== notCached);
  }

  #writeLocals(): void {
    const { shape, metering } = this.#metered;
    const fuel = this.#hasCache() ? [{ count: 1, type: { code: 0x7e } }] : [];
    const stack = metering.stack === undefined ? [] : [{ count: 1, type: { code: 0x7f } }];
    writeLocals(this.#code, [...shape.runs, ...fuel, ...stack]);
  }

  #copyTo(at: number): void {
    this.#code.raw(this.#source.subarray(this.#copied, at));
    this.#copied = at;
  }

  #edit(i: number): void {
    const { kind, at, first, second, third } = this.#metered.shape.edits;
    this.#copyTo(at[i]!);
    const one = first[i]!;
    const two = second[i]!;
    switch (kind[i]) {
      case edit.segment:
        this.#segment(one, two);
        break;
      case edit.function:
        this.#code.u32(this.#indices.function(two));
        this.#copied = one;
        break;
      case edit.global:
        this.#code.u32(this.#indices.global(two));
        this.#copied = one;
        break;
      case edit.bulk:
        this.#code.call(this.#indices.own(bulkFunction(one === 1, two === 1)));
        break;
      case edit.return:
        this.#return(one, two, third[i]!);
        break;
      case edit.branchIf:
        this.#branchIf(one, two, third[i]!);
        break;
      case edit.branch:
        if (leavesRegion(this.#regions, one, two)) this.#uncache();
        break;
      default:
        this.#rareEdit(kind[i]!, one);
    }
  }

  #rareEdit(kind: number, one: number): void {
    switch (kind) {
      case edit.loop:
        if (this.#regions[one] === one) this.#cache();
        break;
      case edit.loopEnd:
        if (this.#regions[one] === one) this.#uncache();
        break;
      case edit.tailCall:
        this.#giveStack();
        break;
      case edit.caught:
        this.#restoreStack();
        break;
      case edit.wait:
        this.#code.unreachable();
        this.#copied = one;
    }
  }

  #segment(segment: number, construct: number): void {
    const { shape, charges, metering } = this.#metered;
    if (metering.paidByCallers !== undefined) return;
    const isHeader = shape.segments.parent[segment] === noSegment;
    if (isHeader && shape.constructs.catches[construct]) this.#restoreStack();
    const checks = isHeader && metering.checksFuel;
    const charge = charges[segment]!;
    if (charge === 0 && !checks) return;
    if (this.#regions[construct] === notCached) this.#charge(charge, checks);
    else this.#chargeCached(charge, checks, segment === 0);
  }

  #charge(charge: number, checks: boolean): void {
    const { left } = this.#indices;
    const code = this.#code;
    code.globalGet(left);
    code.i64Const(charge);
    code.i64Subtract();
    code.globalSet(left);
    if (!checks) return;
    code.globalGet(left);
    code.i64Const(0);
    code.i64LessThan();
    code.if();
    code.call(this.#indices.own(own.exhausted));
    code.end();
  }

  #chargeCached(charge: number, checks: boolean, isEntry: boolean): void {
    const code = this.#code;
    if (isEntry) code.globalGet(this.#indices.left);
    else code.localGet(this.#fuelLocal);
    code.i64Const(charge);
    code.i64Subtract();
    if (!checks) {
      code.localSet(this.#fuelLocal);
      return;
    }
    code.localTee(this.#fuelLocal);
    code.i64Const(0);
    code.i64LessThan();
    code.if();
    code.localGet(this.#fuelLocal);
    code.call(this.#indices.own(own.refill));
    code.localSet(this.#fuelLocal);
    code.end();
  }

  #cache(): void {
    this.#code.globalGet(this.#indices.left);
    this.#code.localSet(this.#fuelLocal);
  }

  #uncache(): void {
    this.#code.localGet(this.#fuelLocal);
    this.#code.globalSet(this.#indices.left);
  }

  #return(end: number, construct: number, label: number): void {
    if (this.#regions[construct] !== notCached) this.#uncache();
    if (this.#metered.metering.stack === undefined) return;
    this.#code.branch(label);
    this.#copied = end;
  }

  // The fuel is put back on the way out only, where the branch carries nothing; else before it, whichever way it goes.
  #branchIf(end: number, from: number, to: number): void {
    if (!leavesRegion(this.#regions, from, to)) return;
    if (this.#metered.shape.constructs.labelArity[to] !== 0) {
      this.#uncache();
      return;
    }
    const label: Leb = { value: 0, end: 0 };
    readU32(this.#source, this.#copied + 1, end, label);
    this.#code.if();
    this.#uncache();
    this.#code.branch(label.value + 1);
    this.#code.end();
    this.#copied = end;
  }

  /** Finds the stack that is needed and takes what is counted. */
  #takeStack(): void {
    const { stack } = this.#metered.metering;
    if (stack === undefined) return;
    const code = this.#code;
    code.globalGet(this.#indices.stack);
    code.localTee(this.#stackLocal);
    code.i32Const(stack.needed);
    code.i32LessThan();
    code.if();
    code.call(this.#indices.own(own.overflow));
    code.end();
    this.#restoreStack();
  }

  /** Sets the stack to what it is inside of this function. */
  #restoreStack(): void {
    const { stack } = this.#metered.metering;
    if (stack === undefined) return;
    this.#code.localGet(this.#stackLocal);
    this.#code.i32Const(stack.taken);
    this.#code.i32Subtract();
    this.#code.globalSet(this.#indices.stack);
  }

  #giveStack(): void {
    if (this.#metered.metering.stack === undefined) return;
    this.#code.localGet(this.#stackLocal);
    this.#code.globalSet(this.#indices.stack);
  }
}
