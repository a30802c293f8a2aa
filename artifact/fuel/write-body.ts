import { type Leb, readU32 } from '../wasm/read/leb.ts';
import { writeLocals } from '../wasm/write/code.ts';
import type { Assembler } from './assembler.ts';
import { noSegment } from './body-shape.ts';
import { cachedRegions, leavesRegion, notCached } from './cached-regions.ts';
import { type Edit, type EditLog, edit } from './edit-log.ts';
import type { Indices } from './indices.ts';
import { bulkFunction, own } from './injected.ts';
import type { MeteredFunction } from './meter.ts';

/** What the body of a function is written from. */
export interface BodySource {
  readonly bytes: Uint8Array;
  readonly log: EditLog;
  readonly metered: MeteredFunction;
  /** The type of a block that has the function's results, as a signed number. */
  readonly resultType: number;
  readonly indices: Indices;
}

/** Writes the locals and instructions of one function. */
export function writeBody(code: Assembler, source: BodySource): void {
  new BodyWriter(code, source).write(source);
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

  constructor(code: Assembler, { bytes, metered, indices }: BodySource) {
    this.#code = code;
    this.#source = bytes;
    this.#metered = metered;
    this.#indices = indices;
    this.#regions = cachedRegions(metered.shape);
    this.#fuelLocal = metered.shape.locals;
    this.#stackLocal = metered.shape.locals + (this.#hasCache() ? 1 : 0);
    this.#copied = metered.shape.start;
  }

  write({ log, resultType }: BodySource): void {
    const { shape, metering } = this.#metered;
    const code = this.#code;
    this.#writeLocals();
    this.#enter();
    if (metering.stackBytes !== undefined) code.block(resultType);
    // The first edit is the entry's.
    for (let i = shape.edits.from + 1; i < shape.edits.to; i++) this.#edit(log.read(i));
    this.#copyTo(shape.end - 1);
    if (this.#regions[0] === 0) this.#uncache();
    if (metering.stackBytes !== undefined) code.end();
    this.#giveStack();
    code.end();
  }

  #hasCache(): boolean {
    return this.#regions.some((region) => region !== notCached);
  }

  #writeLocals(): void {
    const { shape, metering } = this.#metered;
    const fuel = this.#hasCache() ? [{ count: 1, type: { code: 0x7e } }] : [];
    const stack = metering.stackBytes === undefined ? [] : [{ count: 1, type: { code: 0x7f } }];
    writeLocals(this.#code, [...shape.runs, ...fuel, ...stack]);
  }

  #copyTo(at: number): void {
    this.#code.copy(this.#source, this.#copied, at);
    this.#copied = at;
  }

  #edit({ kind, at, first, second, third }: Edit): void {
    this.#copyTo(at);
    switch (kind) {
      case edit.segment:
        this.#segment(first, second);
        break;
      case edit.function:
        this.#code.u32(this.#indices.function(second));
        this.#copied = first;
        break;
      case edit.global:
        this.#code.u32(this.#indices.global(second));
        this.#copied = first;
        break;
      case edit.bulk:
        this.#code.call(this.#indices.own(bulkFunction(first === 1, second === 1)));
        break;
      case edit.return:
        this.#return(first, second, third);
        break;
      case edit.branchIf:
        this.#branchIf(first, second, third);
        break;
      case edit.branch:
        if (leavesRegion(this.#regions, first, second)) this.#uncache();
        break;
      default:
        this.#rareEdit(kind, first);
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

  /** The first segment is paid where the function is entered, together with its stack. */
  #enter(): void {
    const { charges, metering } = this.#metered;
    const { stackBytes, paidByCallers, checksFuel } = metering;
    if (stackBytes !== undefined) {
      this.#code.i64Const(charges[0]!);
      this.#code.i32Const(stackBytes);
      this.#code.call(this.#indices.own(own.enter));
      this.#code.localSet(this.#stackLocal);
      if (this.#regions[0] === 0) this.#cache();
    } else if (this.#regions[0] === 0) this.#chargeCached(charges[0]!, checksFuel, true);
    else if (paidByCallers === undefined) this.#charge(charges[0]!, checksFuel);
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
    else this.#chargeCached(charge, checks, false);
  }

  #charge(charge: number, checks: boolean): void {
    const { left } = this.#indices;
    const code = this.#code;
    if (checks) {
      code.i64Const(charge);
      code.call(this.#indices.own(own.charge));
      return;
    }
    code.globalGet(left);
    code.i64Const(charge);
    code.i64Subtract();
    code.globalSet(left);
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
    code.ifUnlikely();
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
    if (this.#metered.metering.stackBytes === undefined) return;
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

  /** Sets the stack to what it is inside of this function. */
  #restoreStack(): void {
    const { stackBytes } = this.#metered.metering;
    if (stackBytes === undefined) return;
    this.#code.localGet(this.#stackLocal);
    this.#code.i32Const(stackBytes);
    this.#code.i32Subtract();
    this.#code.globalSet(this.#indices.stack);
  }

  #giveStack(): void {
    if (this.#metered.metering.stackBytes === undefined) return;
    this.#code.localGet(this.#stackLocal);
    this.#code.globalSet(this.#indices.stack);
  }
}
