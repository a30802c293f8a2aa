import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { writeLocals } from '../wasm/write/code.ts';
import type { Assembler } from './assembler.ts';
import { noSegment } from './body-shape.ts';
import { type Edit, type EditLog, edit } from './edit-log.ts';
import type { Indices } from './indices.ts';
import { fillUpWhereGone, stopWhereLess } from './injected.ts';
import type { MeteredFunction } from './meter.ts';

/** What the body of a threaded function is written from. */
export interface ThreadedSource {
  readonly cursor: InstructionCursor;
  readonly log: EditLog;
  readonly metered: MeteredFunction;
  /** How many parameters it had. */
  readonly params: number;
  /** The type of a block that has the results it had, as a signed number. */
  readonly resultType: number;
  readonly indices: Indices;
  /** How a function of the guest's is metered; undefined for imported ones. */
  readonly calleeOf: (index: number) => MeteredFunction | undefined;
  readonly reserve: number;
}

const firstLocalOpcode = 0x20;
const lastLocalOpcode = 0x22;

/**
 * Writes the body of a threaded function. Fuel and stack are locals behind its parameters, so that its own locals are two
 * further on. Both are looked at where a segment starts that calls, unless one did that surely ran before it.
 */
export function writeThreadedBody(code: Assembler, source: ThreadedSource): void {
  new ThreadedWriter(code, source).write();
}

class ThreadedWriter {
  readonly #code: Assembler;
  readonly #source: ThreadedSource;
  readonly #looks: readonly boolean[];
  readonly #fuel: number;
  readonly #stack: number;
  #copied: number;

  constructor(code: Assembler, source: ThreadedSource) {
    this.#code = code;
    this.#source = source;
    this.#looks = segmentsThatLook(source);
    this.#fuel = source.params;
    this.#stack = source.params + 1;
    this.#copied = source.metered.shape.start;
  }

  write(): void {
    const { shape } = this.#source.metered;
    const code = this.#code;
    writeLocals(code, shape.runs);
    code.block(this.#source.resultType);
    for (let i = shape.edits.from; i < shape.edits.to; i++) this.#edit(this.#source.log.read(i));
    this.#copyTo(shape.end);
    code.localGet(this.#fuel);
    code.end();
  }

  #edit({ kind, at, first, second, third }: Edit): void {
    const { indices, cursor } = this.#source;
    switch (kind) {
      case edit.segment:
        this.#copyTo(at);
        this.#segment(first);
        break;
      case edit.call:
        this.#call(at, first, second);
        break;
      case edit.function:
        this.#copyTo(at);
        this.#code.u32(indices.function(second));
        this.#copied = first;
        break;
      case edit.global:
        this.#copyTo(at - 1);
        this.#code.byte(cursor.bytes[at - 1]!);
        this.#code.u32(indices.global(second));
        this.#copied = first;
        break;
      case edit.return:
        this.#copyTo(at);
        this.#code.branch(third);
        this.#copied = first;
        break;
      case edit.wait:
        this.#copyTo(at);
        this.#code.unreachable();
        this.#copied = first;
    }
  }

  /** Copies instructions, with the function's own locals where they are now. */
  #copyTo(at: number): void {
    const { cursor, params } = this.#source;
    cursor.seek(this.#copied, at);
    while (cursor.next()) {
      const { opcode, starts, values, end } = cursor;
      if (opcode < firstLocalOpcode || opcode > lastLocalOpcode || values[0]! < params) continue;
      this.#code.copy(cursor.bytes, this.#copied, starts[0]!);
      this.#code.u32(values[0]! + 2);
      this.#copied = end;
    }
    this.#code.copy(cursor.bytes, this.#copied, at);
    this.#copied = at;
  }

  #segment(segment: number): void {
    const { metered, indices } = this.#source;
    const charge = metered.metering.charges[segment]!;
    const looks = this.#looks[segment]!;
    const code = this.#code;
    if (charge > 0) {
      code.localGet(this.#fuel);
      code.i64Const(charge);
      code.i64Subtract();
      code.localSet(this.#fuel);
    }
    if (!looks) return;
    code.localGet(this.#fuel);
    fillUpWhereGone(code, indices, this.#fuel);
    code.localGet(this.#stack);
    code.i32Const(metered.metering.stackBytes! + this.#source.reserve);
    stopWhereLess(code, indices);
  }

  #call(start: number, end: number, index: number): void {
    const { indices, calleeOf } = this.#source;
    this.#copyTo(start);
    this.#copied = end;
    const callee = calleeOf(index)?.metering;
    if (callee?.pays === 'nothing') this.#code.call(indices.function(index));
    else if (callee?.threaded) this.#callThreaded(indices.named(index));
    else this.#callOther(indices.function(index));
  }

  #callThreaded(index: number): void {
    const code = this.#code;
    code.localGet(this.#fuel);
    this.#stackForCallee();
    code.call(index);
    code.localSet(this.#fuel);
  }

  /** Others find fuel and stack in the globals. */
  #callOther(index: number): void {
    const { left, stack } = this.#source.indices;
    const code = this.#code;
    code.localGet(this.#fuel);
    code.globalSet(left);
    this.#stackForCallee();
    code.globalSet(stack);
    code.call(index);
    code.globalGet(left);
    code.localSet(this.#fuel);
  }

  #stackForCallee(): void {
    this.#code.localGet(this.#stack);
    this.#code.i32Const(this.#source.metered.metering.stackBytes!);
    this.#code.i32Subtract();
  }
}

/** Segments that start a round of a loop, or call while nothing before them has looked. */
function segmentsThatLook({ metered, calleeOf }: ThreadedSource): boolean[] {
  const { calls, segments } = metered.shape;
  const calling = new Set(
    calls.segment.filter((_, call) => calleeOf(calls.callee[call]!)?.metering.pays !== 'nothing'),
  );
  const looked: boolean[] = [];
  return segments.parent.map((parent, segment) => {
    const isLoopHeader = parent === noSegment && segment > 0;
    const looks = isLoopHeader || (calling.has(segment) && !(parent !== noSegment && looked[parent]!));
    looked.push(looks || (parent !== noSegment && looked[parent]!));
    return looks;
  });
}
