import { WasmError } from '../wasm/error.ts';
import { immediate } from '../wasm/immediates.ts';
import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { noSegment } from './body-shape.ts';
import { CallScan } from './call-scan.ts';
import { Column } from './column.ts';
import { action, actionOfOpcode, costOfOpcode, growthOfOpcode } from './costs.ts';
import { type EditLog, edit, notByIndex } from './edit-log.ts';
import { FlowScan } from './flow.ts';
import { isVectorOpcode } from './frame.ts';
import { OpenConstructs } from './open-constructs.ts';
import { blockArity, lengthIsWide } from './operand-shapes.ts';
import { nothingSeen, type ScannedBody } from './scanned-body.ts';
import { SegmentScan } from './segment-scan.ts';
import type { Signatures } from './signatures.ts';

/** Reads the instructions of one body after the other, and finds its segments, constructs and what is to be changed. */
export class BodyScan {
  readonly #segments = new SegmentScan();
  readonly #calls = new CallScan();
  readonly #references = new Column<number>();
  readonly #open = new OpenConstructs();
  readonly #ways = new FlowScan();
  readonly #cursor: InstructionCursor;
  readonly #log: EditLog;
  readonly #signatures: Signatures;
  #seen = nothingSeen();
  #height = 0;

  constructor(cursor: InstructionCursor, log: EditLog, signatures: Signatures) {
    this.#cursor = cursor;
    this.#log = log;
    this.#signatures = signatures;
  }

  /** Reads a body that gives so many results. */
  read(start: number, end: number, results: number): ScannedBody {
    const cursor = this.#cursor;
    this.#seen = nothingSeen();
    this.#height = 0;
    this.#open.push(false, 0, 0, 0, results);
    this.#ways.enter(false);
    this.#begin(noSegment, start);
    cursor.seek(start, end);
    while (this.#open.top >= 0 && cursor.next()) this.#instruction(cursor.opcode);
    if (this.#open.top >= 0) throw new WasmError('body-unterminated', end, 'function body without end');
    if (cursor.end !== end) throw new WasmError('section-length', cursor.end, 'instructions behind the last end');
    return {
      seen: this.#seen,
      segments: this.#segments.take(),
      flow: this.#ways.take(),
      constructs: this.#open.take(),
      calls: this.#calls.take(),
      references: this.#references.take(),
    };
  }

  #instruction(opcode: number): void {
    this.#segments.cover(costOfOpcode[opcode]!);
    this.#grow(growthOfOpcode[opcode]!);
    if (isVectorOpcode(opcode)) this.#seen.usesVectors = true;
    const what = actionOfOpcode[opcode]!;
    if (what === action.none) return;
    if (what <= action.tryTable) this.#structure(what);
    else if (what <= action.return) this.#branch(what);
    else if (what <= action.throw) this.#call(what);
    else this.#replace(what);
  }

  #structure(what: number): void {
    switch (what) {
      case action.loop:
        this.#loop();
        break;
      case action.if:
        this.#enter(false, true);
        this.#beginAfter(this.#segments.current, this.#cursor.end);
        break;
      case action.else:
        this.#arm();
        break;
      case action.catch:
      case action.catchAll:
        this.#caught(this.#cursor.end);
        this.#arm();
        if (what === action.catch) this.#grow(this.#paramsOfTag(this.#cursor.values[0]!));
        break;
      case action.delegate:
        this.#open.escape();
        this.#leave();
        break;
      case action.end:
        this.#leave();
        break;
      case action.tryTable:
        this.#tryTable();
        break;
      default:
        this.#enter(false);
    }
  }

  #loop(): void {
    const { start, end } = this.#cursor;
    this.#seen.hasLoop = true;
    const alive = this.#segments.current !== noSegment;
    this.#edit(edit.loop, start, this.#open.count);
    this.#enter(true);
    if (alive) this.#begin(noSegment, end);
  }

  #enter(isLoop: boolean, mayBeSkipped = false): void {
    const [params, results] = blockArity(this.#cursor, this.#signatures);
    this.#ways.enter(mayBeSkipped);
    this.#open.push(isLoop, this.#segments.current, this.#height - params, params, results);
  }

  #arm(): void {
    this.#height = this.#open.heightInside;
    this.#ways.arm();
    this.#beginAfter(this.#open.opener, this.#cursor.end);
  }

  #tryTable(): void {
    const { kinds, values, count } = this.#cursor;
    const around = this.#open.top;
    this.#enter(false);
    for (let i = 1; i < count; i++) {
      if (kinds[i] !== immediate.label) continue;
      const place = around - values[i]!;
      this.#open.reachFor(place);
      this.#open.catchAt(this.#constructAt(place));
      this.#seen.hasHandler = true;
      this.#open.escape();
    }
  }

  #caught(at: number): void {
    this.#seen.hasHandler = true;
    this.#open.escape();
    this.#edit(edit.caught, at);
  }

  #leave(): void {
    const at = this.#cursor.end;
    const { current, opener, top } = this.#open;
    this.#height = 0;
    this.#grow(this.#open.heightBehind);
    const goesElsewhere = this.#open.pop();
    this.#ways.leave();
    if (top === 0) return;
    if (this.#open.isLoop(current)) this.#edit(edit.loopEnd, at, current);
    else if (this.#open.catches(current)) this.#edit(edit.caught, at);
    if (goesElsewhere) this.#beginAfter(opener, at);
    else this.#goOn(opener);
  }

  #branch(what: number): void {
    const { start, end, kinds, values, count } = this.#cursor;
    const top = this.#open.top;
    if (what === action.return || what === action.leave) {
      if (what === action.return) this.#edit(edit.return, start, end, this.#open.current, top);
      this.#open.reachFor(0);
      this.#leaveUnreached();
      return;
    }
    let place = top;
    for (let i = 0; i < count; i++) {
      if (kinds[i] !== immediate.label) continue;
      const to = top - values[i]!;
      // The label of a loop begins another round.
      if (!this.#open.isLoop(this.#constructAt(to))) this.#ways.branch(to);
      place = Math.min(place, to);
    }
    const target = this.#constructAt(place);
    this.#open.reachFor(place);
    if (this.#open.leavesLoop(place)) {
      if (what === action.branchIf) this.#edit(edit.branchIf, start, end, this.#open.current, target);
      else this.#edit(edit.branch, start, this.#open.current, target);
    }
    if (what === action.branch || what === action.branchTable) this.#leaveUnreached();
    else this.#beginAfter(this.#segments.current, end);
  }

  #call(what: number): void {
    const { start, end, starts, values } = this.#cursor;
    const callee = what === action.call || what === action.tailCall ? values[0]! : notByIndex;
    if (callee !== notByIndex) {
      if (this.#segments.current !== noSegment) this.#calls.note(callee, this.#segments.current, this.#open.current);
      this.#passArguments(this.#signatures.ofFunction[callee] ?? this.#noFunction(), 0);
    } else if (what !== action.throw) {
      this.#seen.callsIndirectly = true;
      this.#passArguments(values[0]!, 1);
    }
    if (what < action.tailCall) {
      if (callee === notByIndex) this.#open.observe();
      this.#edit(edit.call, start, end, callee, this.#open.current);
      return;
    }
    this.#seen.throwsOrTailCalls = true;
    this.#open.escape();
    if (what !== action.throw) this.#edit(edit.tailCall, start);
    this.#open.reachFor(0);
    this.#leaveUnreached();
    if (callee !== notByIndex) this.#edit(edit.function, starts[0]!, starts[1]!, callee);
  }

  /** What follows runs never, and finds no operands. */
  #leaveUnreached(): void {
    this.#goOn(noSegment);
    this.#height = this.#open.heightBelow;
  }

  #noFunction(): never {
    throw new WasmError('bad-kind', this.#cursor.start, 'index of a function that is not there');
  }

  #passArguments(type: number, more: number): void {
    this.#grow((this.#signatures.results[type] ?? 0) - (this.#signatures.params[type] ?? 0) - more);
  }

  #replace(what: number): void {
    const { start, end, starts, values } = this.#cursor;
    switch (what) {
      case action.functionReference:
        this.#references.push(values[0]!);
        this.#edit(edit.function, starts[0]!, starts[1]!, values[0]!);
        break;
      case action.global:
        this.#edit(edit.global, starts[0]!, starts[1]!, values[0]!);
        break;
      case action.fixedArray:
        this.#segments.cover(values[1]!);
        this.#grow(1 - values[1]!);
        break;
      case action.struct:
        this.#grow(1 - (this.#signatures.fields[values[0]!] ?? 0));
        break;
      case action.wait:
        this.#edit(edit.wait, start, end);
        break;
      default:
        this.#seen.hasBulk = true;
        this.#open.observe();
        if (what === action.memoryGrow) this.#growth();
        else this.#bulk(what);
    }
  }

  #growth(): void {
    const { end, values } = this.#cursor;
    this.#edit(edit.grown, end, this.#signatures.wideMemory[values[0]!] ? 1 : 0, this.#open.current);
  }

  #bulk(what: number): void {
    const countsBytes = what === action.memoryBulk ? 1 : 0;
    this.#edit(
      edit.bulk,
      this.#cursor.start,
      countsBytes,
      lengthIsWide(this.#cursor, this.#signatures, what) ? 1 : 0,
      this.#open.current,
    );
  }

  #paramsOfTag(tag: number): number {
    return this.#signatures.params[this.#signatures.ofTag[tag] ?? -1] ?? 0;
  }

  #constructAt(place: number): number {
    const construct = this.#open.at(place);
    if (construct === undefined) throw new WasmError('bad-kind', this.#cursor.start, 'label that is not open');
    return construct;
  }

  #grow(values: number): void {
    this.#height += values;
    if (this.#height > this.#seen.heightMax) this.#seen.heightMax = this.#height;
  }

  /** A segment that runs only if its parent did; code after what never runs never runs. */
  #beginAfter(parent: number, at: number): void {
    if (parent === noSegment) this.#goOn(noSegment);
    else this.#begin(parent, at);
  }

  /** The segment that was interrupted by a construct goes on, or what follows never runs. */
  #goOn(segment: number): void {
    this.#segments.goOn(segment);
    if (segment === noSegment) this.#ways.stop();
    else this.#ways.point(segment);
  }

  #begin(parent: number, at: number): void {
    this.#segments.begin(parent, this.#open.current);
    this.#ways.point(this.#segments.current);
    this.#edit(edit.segment, at, this.#segments.current, this.#open.current);
  }

  #edit(kind: number, at: number, first = 0, second = 0, third = 0): void {
    this.#log.push(kind, at, first, second, third);
  }
}
