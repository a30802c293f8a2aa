import { prefixBase } from '../../wasm/opcodes.ts';
import type { Coding } from './coding.ts';
import { Frame } from './frame.ts';
import { mix } from './hash.ts';
import { Immediates } from './immediates.ts';
import { kind, selection } from './kinds.ts';
import { Past } from './past.ts';
import type { Signatures } from './signatures.ts';

/** Contexts of an opcode. */
const opcodeContexts = 7;

/** Codes function bodies, instruction by instruction. */
export class CodeModel {
  readonly #coding: Coding;
  readonly #signatures: Signatures;
  readonly #past = new Past();
  readonly #frame: Frame;
  readonly #immediates: Immediates;

  constructor(coding: Coding, signatures: Signatures) {
    this.#coding = coding;
    this.#signatures = signatures;
    this.#frame = new Frame(signatures);
    this.#immediates = new Immediates(coding, this.#past, this.#frame);
  }

  /** Codes the body of a function, up to the `end` that closes it. */
  body(index: number): void {
    const type = this.#signatures.typeOf(index);
    this.#frame.begin(this.#signatures.ofType(type));
    this.#past.begin(type);
    this.#immediates.function = index;
    this.#declarations(type);
    while (this.#frame.depth > 0) this.#instruction();
  }

  #declarations(type: number): void {
    const coding = this.#coding;
    this.#declared(0, 0, type);
    coding.number(kind.declaration, selection.other + 1, 4);
    let before = 0;
    for (let left = coding.value >>> 0; left > 0; left--) {
      this.#declared(2, before, type);
      coding.number(kind.declaration, selection.other + 2, 4);
      const count = coding.value >>> 0;
      this.#declared(mix(3, Math.min(left, 4)), mix(before, count), type);
      const code = coding.byte(kind.raw, selection.other + 3, 4);
      this.#frame.declare(count, code);
      before = mix(before, code);
    }
  }

  #declared(what: number, before: number, type: number): void {
    const { contexts } = this.#coding.model;
    contexts[0] = mix(1300, what);
    contexts[1] = mix(mix(1301, what), before);
    contexts[2] = mix(mix(1302, what), type);
    contexts[3] = mix(mix(mix(1303, before), what), type);
  }

  #instruction(): void {
    const past = this.#past;
    const opcode = this.#opcode();
    this.#immediates.index = 0;
    const hash = this.#immediates.code(opcode);
    this.#frame.apply(opcode, hash, this.#immediates.index);
    past.add(opcode, hash);
  }

  #opcode(): number {
    const coding = this.#coding;
    coding.model.place(0, this.#past.threeInstructions);
    coding.model.place(1, this.#past.eightInstructions);
    this.#opcodeContexts(coding.model.contexts);
    const { o1 } = this.#past;
    const byte = coding.byte(kind.opcode, selection.opcodeAfter + (o1 & 255), opcodeContexts);
    return byte >= 0xfb && byte <= 0xfe ? this.#prefixed(byte) : byte;
  }

  #opcodeContexts(contexts: Int32Array): void {
    const past = this.#past;
    const { operands, height, sinceStart } = this.#frame;
    const { o1, o2, i1, i2, fourOpcodes } = past;
    const types = operands.typeAt(0) * 8 + operands.typeAt(1);
    const first = operands.at(0);
    const second = operands.at(1);
    const start = mix(mix(6, this.#frame.opener(0)), Math.min(sinceStart, 12));
    contexts[0] = mix(mix(1, o1), o2);
    contexts[1] = mix(mix(mix(2, fourOpcodes), past.o5), past.o6);
    contexts[2] = mix(mix(3, i1), i2);
    contexts[3] = mix(mix(mix(4, i1), types), Math.min(height, 6));
    contexts[4] = mix(mix(5, first), second);
    contexts[5] = mix(mix(start, o1), Math.min(height, 3));
    contexts[6] = mix(mix(mix(mix(7, o1), o2), past.o3), types * 8 + Math.min(height, 7));
  }

  #prefixed(prefix: number): number {
    const { contexts } = this.#coding.model;
    const past = this.#past;
    contexts[0] = mix(mix(20, prefix), past.o1);
    contexts[1] = mix(mix(21, prefix), past.fourOpcodes);
    contexts[2] = mix(mix(22, prefix), past.i1);
    contexts[3] = mix(mix(23, prefix), this.#frame.operands.typeAt(0));
    this.#coding.number(kind.suffix, selection.other + 4, 4);
    return prefixBase[prefix]! + (this.#coding.value & (prefix === 0xfd ? 0x1ff : 0xff));
  }
}
