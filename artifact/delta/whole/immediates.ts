import { layout, layoutOfOpcode } from '../../wasm/opcodes.ts';
import { indexLayouts } from '../../wasm/read/instructions.ts';
import { DeltaError } from '../error.ts';
import type { Coding } from './coding.ts';
import type { Frame } from './frame.ts';
import { mix } from './hash.ts';
import { kind, selection } from './kinds.ts';
import { contextsMax } from './learnt.ts';
import { isStore } from './operands.ts';
import type { Past } from './past.ts';

/** Bit of an alignment that says that a memory's index follows. */
const hasMemory = 64;

const rawBytes: Readonly<Record<number, number>> = {
  [layout.f32]: 4,
  [layout.f64]: 8,
  [layout.v128]: 16,
  [layout.lane]: 1,
  [layout.flags]: 1,
};

/** Whether the model knows how the immediates of this layout lie; a body with any other is coded as bytes. */
export const isCodable = (shape: number): boolean =>
  shape <= layout.block ||
  shape === layout.targets ||
  shape === layout['memarg,lane'] ||
  rawBytes[shape] !== undefined ||
  indexLayouts[shape] !== undefined;

/** Codes the immediates of instructions. */
export class Immediates {
  readonly #coding: Coding;
  readonly #past: Past;
  readonly #frame: Frame;
  /** The number of the function whose body it is. */
  function = 0;
  /** The first index that the last instruction named. */
  index = 0;

  constructor(coding: Coding, past: Past, frame: Frame) {
    this.#coding = coding;
    this.#past = past;
    this.#frame = frame;
  }

  /** Codes those of an instruction; gives a hash of them. */
  code(opcode: number): number {
    const shape = layoutOfOpcode[opcode]!;
    switch (shape) {
      case layout.none:
        return 0;
      case layout.local:
        return this.#local(opcode);
      case layout.func:
        return this.#target();
      case layout.memarg:
        return this.#access(opcode);
      case layout['memarg,lane']:
        return mix(this.#access(opcode), this.#raw(1, opcode));
      case layout.i32:
      case layout.i64:
        return this.#constant(shape === layout.i32 ? kind.i32 : kind.i64);
      case layout.label:
        return this.#label(opcode);
      case layout.global:
        return this.#global(opcode);
      case layout.block:
        return this.#block(opcode);
      case layout.targets:
        return this.#targets();
      default:
        return this.#rare(shape, opcode);
    }
  }

  /** A number of a kind in contexts that all have, and five of its own. */
  #number(of: number, opcode: number, a: number, b: number, c: number, d: number, e: number): number {
    const { contexts } = this.#coding.model;
    const past = this.#past;
    const key = mix(100 + 16 * of, opcode);
    contexts[0] = mix(mix(key, 1), past.fourOpcodes);
    contexts[1] = mix(mix(key, 2), a);
    contexts[2] = mix(mix(key, 3), b);
    contexts[3] = mix(mix(key, 4), c);
    contexts[4] = mix(mix(key, 5), d);
    contexts[5] = mix(mix(key, 6), e);
    contexts[6] = mix(mix(key, 7), this.#frame.operands.at(0));
    contexts[7] = mix(mix(mix(key, 8), past.i1), past.i2);
    const hash = this.#coding.number(of, selection.ofOpcode + (opcode & 255), contextsMax);
    this.index = this.#coding.value;
    return hash;
  }

  #local(opcode: number): number {
    const past = this.#past;
    const at = this.function;
    const two = mix(mix(past.local1, past.local2), past.o1);
    const set = mix(past.set, past.o1);
    const hash = this.#number(kind.local, opcode, two, mix(at, past.local1), mix(at, past.i1), set, at);
    past.local2 = past.local1;
    past.local1 = hash;
    if (opcode !== 0x20) past.set = hash;
    return hash;
  }

  #target(): number {
    const past = this.#past;
    const { operands } = this.#frame;
    const types = mix(operands.typeAt(0) * 64 + operands.typeAt(1) * 8 + operands.typeAt(2), operands.height);
    const two = mix(past.target1, past.target2);
    const values = mix(operands.at(0), operands.at(1));
    const hash = this.#number(kind.func, 0, past.target1, two, types, values, mix(this.function, past.o1));
    past.target2 = past.target1;
    past.target1 = this.index;
    return hash;
  }

  #access(opcode: number): number {
    const past = this.#past;
    const base = this.#frame.operands.at(isStore[opcode]!);
    const at = mix(base, this.function);
    const align = this.#number(kind.align, opcode, 0, base, past.o1, this.function, past.offset1);
    if (this.index & hasMemory) this.#number(kind.index, opcode, 0, 0, 0, 0, 0);
    const last = past.offsetAt(at);
    const two = mix(past.offset1, past.offset2);
    const hash = this.#number(kind.offset, opcode, base, mix(last, 3), mix(past.offset1, past.o1), at, two);
    past.access(at, this.index, hash);
    return mix(align, hash);
  }

  #constant(of: number): number {
    const past = this.#past;
    const other = mix(this.#frame.operands.at(1), past.o1);
    const one = mix(past.constant1, past.o1);
    const two = mix(past.constant1, past.constant2);
    const hash = this.#number(of, 0, one, mix(past.o1, past.o2), two, mix(this.function, past.o1), other);
    past.constant2 = past.constant1;
    past.constant1 = hash;
    return hash;
  }

  #label(opcode: number): number {
    const past = this.#past;
    const frame = this.#frame;
    const around = mix(frame.opener(0), frame.opener(1));
    const since = mix(frame.sinceStart, frame.depth);
    const last = mix(this.function, past.label);
    const after = mix(past.label, past.o1);
    const hash = this.#number(kind.label, opcode, frame.depth, around, last, after, since);
    past.label = this.index;
    return hash;
  }

  #global(opcode: number): number {
    const past = this.#past;
    const type = this.#frame.operands.typeAt(0);
    const here = mix(this.function, past.global);
    const hash = this.#number(kind.global, opcode, past.global, past.o1, this.function, here, type);
    past.global = this.index;
    return hash;
  }

  #block(opcode: number): number {
    const { depth, operands } = this.#frame;
    return this.#number(kind.blockType, opcode, depth, operands.typeAt(0), this.function, this.#past.o1, 0);
  }

  #targets(): number {
    const { depth } = this.#frame;
    this.#number(kind.target, 1, depth, this.function, 0, 0, 0);
    const count = this.index;
    let before = 0;
    let earlier = 0;
    for (let left = count; left >= 0; left--) {
      this.#number(kind.target, 2, before, mix(before, earlier), mix(before, left), depth, mix(before, count));
      earlier = before;
      before = this.index;
    }
    return mix(count, before);
  }

  #rare(shape: number, opcode: number): number {
    const bytes = rawBytes[shape];
    if (bytes !== undefined) return this.#raw(bytes, opcode);
    const indices = indexLayouts[shape];
    if (indices === undefined) throw new DeltaError('patch-corrupt', `code with an instruction ${opcode}`);
    const { operands } = this.#frame;
    let hash = 0;
    let first = 0;
    for (const [place, of] of indices.entries()) {
      const types = mix(operands.typeAt(1), operands.typeAt(2));
      const about = opcode * 32 + of;
      hash = mix(hash, this.#number(kind.index, about, hash, types, this.function, operands.at(1), this.#past.o1));
      if (place === 0) first = this.index;
    }
    this.index = first;
    return hash;
  }

  #raw(length: number, opcode: number): number {
    const { contexts } = this.#coding.model;
    const past = this.#past;
    let hash = mix(600, opcode);
    let before = 0;
    for (let at = 0; at < length; at++) {
      contexts[0] = mix(hash, at);
      contexts[1] = mix(mix(610, at), before);
      contexts[2] = mix(mix(mix(620, at), opcode), past.i1);
      contexts[3] = mix(mix(mix(mix(630, hash), at), past.o1), past.o2);
      before = this.#coding.byte(kind.raw, selection.other + 5, 4);
      hash = mix(hash, before);
    }
    return hash;
  }
}
