import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { writeLocals } from '../wasm/write/code.ts';
import type { Assembler } from './assembler.ts';
import { noSegment } from './body-shape.ts';
import { CachedFuel } from './cached-fuel.ts';
import { cachedRegions, leavesRegion, notCached, notReentered, reenteredLoops } from './cached-regions.ts';
import { type Edit, type EditLog, edit, notByIndex } from './edit-log.ts';
import type { Indices } from './indices.ts';
import { bulkFunction, own, stopWhereLess } from './injected.ts';
import type { MeteredFunction } from './meter.ts';
import { type PrepaidLoops, prepaidLoops } from './prepaid-loops.ts';
import { closeAround, copyBranch, labelOutside, labelsAround, openAround } from './reentered-loop.ts';

/** What the body of a function is written from. */
export interface BodySource {
  readonly cursor: InstructionCursor;
  readonly log: EditLog;
  readonly metered: MeteredFunction;
  /** The type of a block that has the function's results, as a signed number. */
  readonly resultType: number;
  readonly indices: Indices;
  /** How a function of the guest's is metered; undefined for imported ones. */
  readonly calleeOf: (index: number) => MeteredFunction | undefined;
  /** Bytes of stack that are kept for what runs without counting it. */
  readonly reserve: number;
}

/** Writes the locals and instructions of one function. */
export function writeBody(code: Assembler, source: BodySource): void {
  new BodyWriter(code, source).write(source);
}

class BodyWriter {
  readonly #code: Assembler;
  readonly #cursor: InstructionCursor;
  readonly #metered: MeteredFunction;
  readonly #indices: Indices;
  readonly #calleeOf: BodySource['calleeOf'];
  readonly #prepaid: PrepaidLoops;
  readonly #regions: Int32Array;
  readonly #reentered: Int32Array;
  readonly #fuel: CachedFuel;
  /** Whether there is a local for fuel. */
  readonly #hasLocal: boolean;
  /** Holds the bytes of stack as they were when the function was entered. */
  readonly #stackLocal: number;
  readonly #reserve: number;
  #copied: number;

  constructor(code: Assembler, { cursor, log, metered, indices, calleeOf, reserve }: BodySource) {
    this.#calleeOf = calleeOf;
    this.#reserve = reserve;
    this.#code = code;
    this.#cursor = cursor;
    this.#metered = metered;
    this.#indices = indices;
    this.#prepaid = prepaidLoops(metered, log, cursor);
    this.#regions = cachedRegions(metered, this.#prepaid);
    this.#reentered = reenteredLoops(metered, this.#regions, this.#prepaid);
    this.#fuel = new CachedFuel(code, indices, metered.shape);
    const looks = metered.shape.hasLoop || metered.metering.checksFuel;
    const isCached = metered.shape.hasLoop && this.#regions.some((region) => region !== notCached);
    this.#hasLocal = isCached || (looks && this.#fuel.callsStay);
    this.#stackLocal = metered.shape.locals + (this.#hasLocal ? 1 : 0);
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
    if (this.#regions[0] === 0) this.#fuel.putBack();
    if (metering.stackBytes !== undefined) code.end();
    this.#giveStack();
    code.end();
  }

  #writeLocals(): void {
    const { shape, metering } = this.#metered;
    const fuel = this.#hasLocal ? [{ count: 1, type: { code: 0x7e } }] : [];
    const stack = metering.stackBytes === undefined ? [] : [{ count: 1, type: { code: 0x7f } }];
    writeLocals(this.#code, [...shape.runs, ...fuel, ...stack]);
  }

  #copyTo(at: number): void {
    this.#code.copy(this.#cursor.bytes, this.#copied, at);
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
      case edit.call:
        this.#call(first, second, third);
        break;
      case edit.bulk:
        this.#aroundObserver(third, () => this.#code.call(this.#indices.own(bulkFunction(first === 1, second === 1))));
        break;
      case edit.grown:
        this.#aroundObserver(second, () => this.#code.call(this.#indices.own(first === 1 ? own.grown64 : own.grown32)));
        break;
      case edit.return:
        this.#return(first, second, third);
        break;
      case edit.branchIf:
        this.#branchIf(first, second, third);
        break;
      case edit.branch:
        if (leavesRegion(this.#regions, first, second)) this.#fuel.putBack();
        this.#copyBranch(first);
        break;
      default:
        this.#rareEdit(kind, at, first);
    }
  }

  #rareEdit(kind: number, at: number, one: number): void {
    switch (kind) {
      case edit.loop:
        this.#prepay(one);
        if (this.#regions[one] === one) this.#fuel.take();
        if (this.#reentered[one] === one) openAround(this.#code, this.#cursor, at);
        break;
      case edit.loopEnd:
        if (this.#reentered[one] === one) closeAround(this.#code, this.#fuel, this.#indices);
        if (this.#regions[one] === one) this.#fuel.putBack();
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

  #call(end: number, callee: number, construct: number): void {
    const write = (): void => {
      if (callee === notByIndex) this.#copyTo(end);
      else this.#code.call(this.#indices.function(callee));
    };
    if (callee !== notByIndex && this.#calleeOf(callee)?.metering.pays === 'nothing') write();
    else this.#aroundObserver(construct, write);
    this.#copied = end;
  }

  /** What may see or change the fuel finds it in the global. */
  #aroundObserver(construct: number, write: () => void): void {
    const isCached = this.#regions[construct] !== notCached;
    if (isCached) this.#fuel.putBack();
    write();
    if (isCached) this.#fuel.take();
  }

  /** The first segment is paid where the function is entered, together with its stack. */
  #enter(): void {
    const { charges, stackBytes, pays, checksFuel } = this.#metered.metering;
    const isCached = this.#regions[0] === 0;
    if (stackBytes !== undefined && !this.#fuel.callsStay) {
      this.#code.i64Const(charges[0]!);
      this.#code.i32Const(stackBytes);
      this.#code.call(this.#indices.own(own.enter));
      this.#code.localSet(this.#stackLocal);
      if (isCached) this.#fuel.take();
      return;
    }
    if (pays === 'all' && isCached) this.#fuel.enter(charges[0]!, checksFuel);
    else if (pays === 'all') this.#charge(charges[0]!, checksFuel);
    if (stackBytes !== undefined) this.#takeStack(stackBytes);
  }

  #takeStack(bytes: number): void {
    const code = this.#code;
    const { stack } = this.#indices;
    code.globalGet(stack);
    code.localTee(this.#stackLocal);
    code.i32Const(bytes);
    code.i32Subtract();
    code.globalSet(stack);
    code.localGet(this.#stackLocal);
    code.i32Const(bytes + this.#reserve);
    stopWhereLess(code, this.#indices);
  }

  #segment(segment: number, construct: number): void {
    const { shape, metering } = this.#metered;
    if (metering.pays === 'nothing') return;
    const isHeader = shape.segments.parent[segment] === noSegment;
    if (isHeader && shape.constructs.catches[construct]) this.#restoreStack();
    const charge = metering.charges[segment]!;
    if (charge === 0 && !isHeader) return;
    if (isHeader && this.#prepaid.has(construct)) return;
    if (isHeader && this.#reentered[construct] === construct) this.#fuel.chargeRound(charge);
    else this.#pay(construct, charge, isHeader);
  }

  #prepay(loop: number): void {
    const cost = this.#prepaid.get(loop);
    if (cost !== undefined) this.#pay(this.#metered.shape.constructs.parent[loop]!, cost, true);
  }

  #pay(construct: number, charge: number, checks: boolean): void {
    if (this.#regions[construct] === notCached) this.#charge(charge, checks);
    else this.#fuel.charge(charge, checks);
  }

  /** A call that the engine would leave in each round of a hot loop has the body of what it calls in its place. */
  #charge(charge: number, checks: boolean): void {
    const { left } = this.#indices;
    const code = this.#code;
    if (checks && !this.#fuel.callsStay) {
      code.i64Const(charge);
      code.call(this.#indices.own(own.charge));
      return;
    }
    code.globalGet(left);
    code.i64Const(charge);
    code.i64Subtract();
    if (checks) this.#fuel.setAndLook();
    else code.globalSet(left);
  }

  #return(end: number, construct: number, label: number): void {
    if (this.#regions[construct] !== notCached) this.#fuel.putBack();
    if (this.#metered.metering.stackBytes === undefined) return;
    this.#code.branch(label + (this.#reentered[construct] === notReentered ? 0 : labelsAround));
    this.#copied = end;
  }

  // The fuel is put back on the way out only, where the branch carries nothing; else before it, whichever way it goes.
  #branchIf(end: number, from: number, to: number): void {
    const leaves = leavesRegion(this.#regions, from, to);
    if (!leaves || this.#metered.shape.constructs.labelArity[to] !== 0) {
      if (leaves) this.#fuel.putBack();
      this.#copyBranch(from);
      return;
    }
    this.#cursor.seek(this.#copied, end);
    this.#cursor.next();
    const label = labelOutside(this.#cursor.values[0]!, this.#labelsInside(from));
    this.#code.if();
    this.#fuel.putBack();
    this.#code.branch(label + 1);
    this.#code.end();
    this.#copied = end;
  }

  /** Copies a branch that goes out of the loop that it is in. */
  #copyBranch(from: number): void {
    if (this.#reentered[from] === notReentered) return;
    copyBranch(this.#code, this.#cursor, this.#copied, this.#labelsInside(from));
    this.#copied = this.#cursor.end;
  }

  /** How many labels are open here up to and with that of the loop that will be entered anew. */
  #labelsInside(from: number): number {
    const loop = this.#reentered[from]!;
    if (loop === notReentered) return Number.POSITIVE_INFINITY;
    let labels = 1;
    const { parent } = this.#metered.shape.constructs;
    for (let construct = from; construct !== loop; construct = parent[construct]!) labels++;
    return labels;
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
