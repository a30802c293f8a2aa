import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { writeLocals } from '../wasm/write/code.ts';
import type { Assembler } from './assembler.ts';
import { noSegment } from './body-shape.ts';
import { CachedFuel } from './cached-fuel.ts';
import { cachedRegions, notCached, reenteredLoops } from './cached-regions.ts';
import { type Edit, type EditLog, edit, notByIndex } from './edit-log.ts';
import type { Indices } from './indices.ts';
import { bulkFunction } from './injected.ts';
import type { MeteredFunction } from './meter.ts';
import { closeAround, openAround, outOfFuelLabel } from './reentered-loop.ts';
import { StackCount } from './stack-count.ts';
import { BranchWriter } from './write-branches.ts';

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
  readonly #regions: Int32Array;
  readonly #reentered: Int32Array;
  readonly #fuel: CachedFuel;
  /** Whether there is a local for fuel. */
  readonly #hasLocal: boolean;
  /** Undefined where a caller counts the stack. */
  readonly #stack: StackCount | undefined;
  readonly #branches: BranchWriter;
  readonly #reserve: number;
  #copied: number;

  constructor(code: Assembler, { cursor, metered, indices, calleeOf, reserve }: BodySource) {
    this.#calleeOf = calleeOf;
    this.#reserve = reserve;
    this.#code = code;
    this.#cursor = cursor;
    this.#metered = metered;
    this.#indices = indices;
    this.#regions = cachedRegions(metered);
    this.#reentered = reenteredLoops(metered, this.#regions);
    this.#fuel = new CachedFuel(code, indices, metered.shape);
    const { checksFuel, charges } = metered.metering;
    const isCached = metered.shape.hasLoop && this.#regions.some((region) => region !== notCached);
    const looks = metered.shape.hasLoop || checksFuel;
    this.#hasLocal = isCached || (looks && this.#fuel.callsStay) || charges.backEdges.some((charge) => charge > 0);
    const { stackBytes } = metered.metering;
    const local = metered.shape.locals + (this.#hasLocal ? 1 : 0);
    this.#stack = stackBytes === undefined ? undefined : new StackCount(code, indices, local, stackBytes);
    const [fuel, regions, reentered] = [this.#fuel, this.#regions, this.#reentered];
    this.#branches = new BranchWriter({ code, cursor, metered, fuel, regions, reentered });
    this.#copied = metered.shape.start;
  }

  write({ log, resultType }: BodySource): void {
    const { shape } = this.#metered;
    const code = this.#code;
    this.#writeLocals();
    this.#enter();
    if (this.#stack !== undefined) code.block(resultType);
    // The first edit is the entry's.
    for (let i = shape.edits.from + 1; i < shape.edits.to; i++) this.#edit(log.read(i));
    this.#copyTo(shape.end - 1);
    if (this.#regions[0] === 0) this.#fuel.putBack();
    if (this.#stack !== undefined) code.end();
    this.#stack?.give();
    code.end();
  }

  #writeLocals(): void {
    const { shape } = this.#metered;
    const fuel = this.#hasLocal ? [{ count: 1, type: { code: 0x7e } }] : [];
    const stack = this.#stack === undefined ? [] : [{ count: 1, type: { code: 0x7f } }];
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
      case edit.return:
        this.#return(first, second, third);
        break;
      case edit.branchIf:
        this.#copied = this.#branches.branchIf(at, first, second, third);
        break;
      case edit.branch:
        this.#copied = this.#branches.branch(at, first, second, third);
        break;
      default:
        this.#rareEdit(kind, at, first);
    }
  }

  #rareEdit(kind: number, at: number, one: number): void {
    switch (kind) {
      case edit.loop:
        if (this.#regions[one] === one) this.#fuel.take();
        if (this.#reentered[one] === one) openAround(this.#code, this.#cursor, at);
        this.#fuel.roundCharge = 0;
        break;
      case edit.loopEnd:
        if (this.#reentered[one] === one) closeAround(this.#code, this.#fuel, this.#indices);
        if (this.#regions[one] === one) this.#fuel.putBack();
        break;
      case edit.tailCall:
        this.#stack?.give();
        break;
      case edit.caught:
        this.#stack?.restore();
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
    const { pays, checksFuel, charges } = this.#metered.metering;
    const charge = charges.segments[0]!;
    const isCached = this.#regions[0] === 0;
    if (this.#stack !== undefined && !this.#fuel.callsStay) {
      this.#stack.enter(charge);
      if (isCached) this.#fuel.take();
      return;
    }
    if (pays === 'all' && isCached) this.#fuel.enter(charge, checksFuel);
    else if (pays === 'all') this.#fuel.chargeGlobal(charge, checksFuel);
    this.#stack?.take(this.#reserve);
  }

  #segment(segment: number, construct: number): void {
    const { shape, metering } = this.#metered;
    const { charges } = metering;
    if (metering.pays === 'nothing') return;
    const isHeader = shape.segments.parent[segment] === noSegment && !charges.paidOnWay[construct];
    if (isHeader && shape.constructs.catches[construct]) this.#stack?.restore();
    const charge = charges.segments[segment]!;
    if (charge === 0 && !isHeader) return;
    if (this.#reentered[construct] === construct && isHeader) {
      this.#fuel.roundCharge = charge;
      this.#fuel.chargeRound(charge, outOfFuelLabel);
    } else if (this.#regions[construct] === notCached) this.#fuel.chargeGlobal(charge, isHeader);
    else this.#fuel.charge(charge, isHeader);
  }

  #return(end: number, construct: number, label: number): void {
    if (this.#regions[construct] !== notCached) this.#fuel.putBack();
    if (this.#stack === undefined) return;
    this.#branches.leave(construct, label);
    this.#copied = end;
  }
}
