import { frameBytes, isVectorOpcode, vectorType } from '../fuel/frame.ts';
import { MeteredSize } from '../fuel/metered-size.ts';
import { immediate } from '../wasm/immediates.ts';
import type { WasmLimits } from '../wasm/limits.ts';
import type { FunctionBody } from '../wasm/module.ts';
import { layout, layoutOfOpcode, prefixBase } from '../wasm/opcodes.ts';
import { ByteReader } from '../wasm/read/bytes.ts';
import { readLocals } from '../wasm/read/code.ts';
import { InstructionCursor } from '../wasm/read/instructions.ts';
import { stackEffects } from '../wasm/stack-effects.ts';
import type { ModuleTypes } from './module-types.ts';

const op = {
  if: 0x04,
  else: 0x05,
  catch: 0x07,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  call: 0x10,
  callIndirect: 0x11,
  callRef: 0x14,
  delegate: 0x18,
  catchAll: 0x19,
  brOnNonNull: 0xd6,
  structNew: prefixBase[0xfb]!,
  arrayNewFixed: prefixBase[0xfb]! + 8,
} as const;

/** What follows is not reached: unreachable, throw, rethrow, throw_ref, return and calls that return. */
const isLeaving = new Set([0x00, 0x08, 0x09, 0x0a, 0x0f, 0x12, 0x13, 0x15]);

const emptyBlock = -64;
// Of one block on the stack of blocks: the height below its parameters, then how many parameters and results it has.
const blockWords = 3;

/**
 * Walks bodies and tells what compiling them would cost. It follows the height of the operand stack as validation does,
 * without the types; of a body that does not validate it tells something, in time and memory in proportion to its length.
 */
export class BodyMeter {
  /** Of the body measured last: parameters and locals. */
  locals = 0;
  /** Of the body measured last: the deepest nesting of blocks. */
  nesting = 0;
  /** Of the body measured last: points at which control flow meets × values that are live there, at most. */
  merges = 0;
  /** Of the body measured last: how long it is with its meter. */
  readonly size = new MeteredSize();
  readonly #bytes: Uint8Array;
  readonly #limits: WasmLimits;
  readonly #nestingMax: number;
  readonly #cursor: InstructionCursor;
  readonly #types: ModuleTypes;
  #blocks = new Int32Array(64 * blockWords);
  #depth = -1;
  #height = 0;
  #heightMax = 0;
  #params = 0;
  #usesVectors = false;

  constructor(bytes: Uint8Array, limits: WasmLimits, nestingMax: number, types: ModuleTypes) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#nestingMax = nestingMax;
    this.#cursor = new InstructionCursor(bytes, limits);
    this.#types = types;
  }

  /** How high the operand stack is where the walk stands. */
  get height(): number {
    return this.#height;
  }

  /** Of the body measured last: bytes of stack that a call of it takes. */
  get frameBytes(): number {
    const { locals } = this;
    return frameBytes({ locals, params: this.#params, heightMax: this.#heightMax, usesVectors: this.#usesVectors });
  }

  /** Measures the body of a function with that type; ends early where it nests too deep. */
  measure(body: FunctionBody, type: number): void {
    const cursor = this.#cursor;
    const reader = new ByteReader(this.#bytes, body.start, body.end, this.#limits);
    const runs = readLocals(reader);
    this.#params = this.#types.params(type);
    this.locals = runs.reduce((sum, { count }) => sum + count, this.#params);
    this.#usesVectors = runs.some(({ type: { code } }) => code === vectorType);
    this.size.begin(body.end - body.start);
    this.nesting = 0;
    this.merges = 0;
    this.#depth = -1;
    this.#height = 0;
    this.#heightMax = 0;
    this.#open(0, this.#types.results(type));
    cursor.seek(reader.at, body.end);
    while (this.#depth >= 0 && this.nesting <= this.#nestingMax && cursor.next()) this.#step(cursor.opcode);
  }

  #step(opcode: number): void {
    this.size.instruction(opcode, this.#cursor.count);
    if (isVectorOpcode(opcode)) this.#usesVectors = true;
    const shape = layoutOfOpcode[opcode]!;
    if (shape === layout.block || shape === layout.catches) this.#block(opcode);
    else if (opcode <= op.catchAll || shape === layout.label || shape === layout['flags,label,heap,heap']) {
      this.#control(opcode);
    } else if (opcode === op.structNew) this.#height += 1 - this.#types.fields(this.#cursor.values[0]!);
    else if (opcode === op.arrayNewFixed) this.#height += 1 - this.#cursor.values[1]!;
    else this.#height += stackEffects[opcode]!;
    // Behind a jump values may be taken that nobody put there.
    if (this.#depth >= 0 && this.#height < this.#base) this.#height = this.#base;
    if (this.#height > this.#heightMax) this.#heightMax = this.#height;
  }

  get #base(): number {
    return this.#blocks[this.#depth * blockWords]!;
  }

  #block(opcode: number): void {
    const { kinds, values, count } = this.#cursor;
    if (opcode === op.if) this.#height--;
    const isWritten = kinds[0] === immediate.blockType;
    const type = isWritten ? values[0]! : -1;
    const params = type >= 0 ? this.#types.params(type) : 0;
    const results = type >= 0 ? this.#types.results(type) : type === emptyBlock ? 0 : 1;
    // Immediates of a try_table are at least its labels.
    this.#merge(count);
    this.#height -= params;
    this.#open(params, results);
  }

  #control(opcode: number): void {
    const values = this.#cursor.values;
    switch (opcode) {
      case op.end:
      case op.delegate:
        this.#merge(1);
        this.#height = this.#base + this.#blocks[this.#depth * blockWords + 2]!;
        this.#depth--;
        return;
      case op.else:
        this.#merge(1);
        this.#height = this.#base + this.#blocks[this.#depth * blockWords + 1]!;
        return;
      case op.catch:
      case op.catchAll:
        this.#merge(1);
        this.#height = this.#base + (opcode === op.catch ? this.#types.tagParams(values[0]!) : 0);
        return;
      case op.br:
      case op.brTable:
        // A label that stands in a table often is one point.
        this.#merge(Math.min(this.#cursor.count, this.#depth + 1));
        this.#height = this.#base;
        return;
      case op.call:
        return this.#call(this.#types.typeOfFunction(values[0]!));
      case op.callIndirect:
      case op.callRef:
        this.#height--;
        return this.#call(values[0]!);
      default:
        if (isLeaving.has(opcode)) this.#height = this.#base;
        else if (opcode !== 0x01) this.#branch(opcode);
    }
  }

  #branch(opcode: number): void {
    if (opcode === op.brIf || opcode === op.brOnNonNull) this.#height--;
    this.#merge(1);
  }

  #call(type: number): void {
    this.#height += this.#types.results(type) - this.#types.params(type);
  }

  #merge(points: number): void {
    this.merges += points * (this.locals + this.#height + 1);
  }

  #open(params: number, results: number): void {
    this.#depth++;
    if (this.#depth > this.nesting) this.nesting = this.#depth;
    const at = this.#depth * blockWords;
    if (at === this.#blocks.length) {
      const larger = new Int32Array(2 * this.#blocks.length);
      larger.set(this.#blocks);
      this.#blocks = larger;
    }
    this.#blocks[at] = Math.max(0, this.#height);
    this.#blocks[at + 1] = params;
    this.#blocks[at + 2] = results;
    this.#height = this.#blocks[at]! + params;
  }
}
