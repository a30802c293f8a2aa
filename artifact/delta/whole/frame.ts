import { DeltaError } from '../error.ts';
import { mix } from './hash.ts';
import { Operands } from './operands.ts';
import { type Signature, type Signatures, typeNumber } from './signatures.ts';

/** Blocks in each other, most of which no compiler makes a tenth. */
export const blocksMax = 4096;
/** Locals whose types are looked at. */
const localsMax = 128;

/** Opcodes that begin a block, begin its next part, or end it. */
export const blocks = { begin: [0x02, 0x03, 0x04, 0x06], part: [0x05, 0x07, 0x19], end: [0x0b, 0x18] } as const;

/** Where a function body has come to: its blocks, its locals and the operands. */
export class Frame {
  readonly operands: Operands = new Operands();
  readonly #signatures: Signatures;
  readonly #heights = new Int32Array(blocksMax);
  readonly #results = new Int32Array(blocksMax);
  readonly #openers = new Uint8Array(blocksMax);
  readonly #starts = new Int32Array(blocksMax);
  readonly #localTypes = new Uint8Array(localsMax);
  #locals = 0;
  /** Blocks that are open, the body itself among them. */
  depth = 0;
  /** Instructions of the body so far. */
  position = 0;

  constructor(signatures: Signatures) {
    this.#signatures = signatures;
  }

  /** Begins a body. */
  begin({ params }: Signature): void {
    this.operands.height = 0;
    this.depth = 1;
    this.position = 0;
    this.#heights[0] = 0;
    this.#openers[0] = 0;
    this.#starts[0] = 0;
    this.#localTypes.set(params);
    this.#locals = params.length;
  }

  /** Takes in locals of one type. */
  declare(count: number, code: number): void {
    const end = Math.min(localsMax, this.#locals + count);
    this.#localTypes.fill(typeNumber(code), this.#locals, end);
    this.#locals = end;
  }

  /** The opcode that began the block so many around, 0 for the body. */
  opener(around: number): number {
    return this.#openers[Math.max(0, this.depth - 1 - around)]!;
  }

  /** Instructions since the innermost block, or its last part, began. */
  get sinceStart(): number {
    return this.position - this.#starts[this.depth - 1]!;
  }

  /** Operands of the innermost block. */
  get height(): number {
    return this.operands.height - this.#heights[this.depth - 1]!;
  }

  /** What an instruction does to blocks and operands, from its opcode, a hash of its immediates and the index that it names. */
  apply(opcode: number, hash: number, index: number): void {
    this.position++;
    if (opcode < 0x1a) this.#control(opcode, hash, index);
    else this.#value(opcode, hash, index);
  }

  #control(opcode: number, hash: number, index: number): void {
    switch (opcode) {
      case 0x02:
      case 0x03:
      case 0x04:
      case 0x06:
        return this.#open(opcode, hash);
      case 0x05:
      case 0x07:
      case 0x19:
        this.operands.cut(this.#heights[this.depth - 1]!);
        this.#openers[this.depth - 1] = opcode;
        this.#starts[this.depth - 1] = this.position;
        return;
      case 0x0b:
      case 0x18:
        return this.#close(opcode);
      case 0x0d:
      case 0x0e:
        this.operands.pop();
        return;
      case 0x10:
        return this.#call(this.#signatures.ofType(this.#signatures.typeOf(index)), mix(opcode, hash));
      case 0x11:
        this.operands.pop();
        return this.#call(this.#signatures.ofType(index), mix(opcode, hash));
    }
  }

  #open(opcode: number, result: number): void {
    if (opcode === 0x04) this.operands.pop();
    if (this.depth >= blocksMax) throw new DeltaError('patch-corrupt', 'blocks lie too deep in each other');
    this.#heights[this.depth] = this.operands.height;
    this.#results[this.depth] = result;
    this.#openers[this.depth] = opcode;
    this.#starts[this.depth] = this.position;
    this.depth++;
  }

  #close(opcode: number): void {
    this.depth--;
    this.operands.cut(this.#heights[this.depth]!);
    const result = this.#results[this.depth]!;
    if (this.depth > 0 && result !== 0x40) {
      this.operands.push(mix(opcode, this.#openers[this.depth]!), typeNumber(result));
    }
  }

  #call({ params, results }: Signature, hash: number): void {
    this.operands.cut(Math.max(0, this.operands.height - params.length));
    for (const type of results) this.operands.push(hash, type);
  }

  #value(opcode: number, hash: number, index: number): void {
    const { operands } = this;
    switch (opcode) {
      case 0x1b: {
        const type = operands.typeAt(1);
        operands.push(mix(mix(mix(opcode, operands.pop()), operands.pop()), operands.pop()), type);
        return;
      }
      case 0x20:
        operands.push(mix(0x20, hash), index < localsMax ? this.#localTypes[index]! : 0);
        return;
      case 0x22: {
        const type = operands.typeAt(0);
        operands.pop();
        operands.push(mix(0x20, hash), type);
        return;
      }
      case 0x23:
        operands.push(mix(0x23, hash), this.#signatures.ofGlobal(index));
        return;
      default:
        operands.compute(opcode, hash);
    }
  }
}
