import { immediate } from '../../wasm/immediates.ts';
import { layout, layoutOfOpcode, prefixBase } from '../../wasm/opcodes.ts';
import { indexLayouts } from '../../wasm/read/instructions.ts';
import { mixHash, type Predictor } from '../coding/predictor.ts';
import { DeltaError } from '../error.ts';
import { noOpcode, type Parsed } from './old-body.ts';
import type { RecentCode } from './recent-code.ts';
import { hashBytes, ValueMemory } from './value-memory.ts';

/** Weight sets of the predictor that code uses. */
export const codeSets = {
  same: 0,
  step: 8,
  sameOpcode: 12,
  numbers: 14,
  opcode: 16,
  immediate: 32,
  guess: 96,
  total: 128,
} as const;

const kindsTotal = 32;

/** What surrounds an instruction that is coded anew. */
export type Surroundings = {
  /** The old instruction that this one stands for, placed on it; undefined for an inserted one. */
  aligned: Parsed | undefined;
  /** Opcodes of the next old instruction, the one before it and the one behind it; 0x7ff for none. */
  next: number;
  before: number;
  behind: number;
  /** Salt of contexts that hold within one function. */
  salt: number;
};

/**
 * Codes one instruction at a time into `bytes` from `out` on. Both directions run the same way: the encoder's bytes are
 * already there and are read where the decoder's are written.
 */
export class InstructionCodec {
  readonly bytes: Uint8Array;
  /** Where the next byte goes, and the first place where none may. */
  out: number;
  readonly stop: number;
  opcode = 0;
  count = 0;
  kinds: Uint8Array = new Uint8Array(16);
  starts: Uint32Array = new Uint32Array(17);
  /** Blocks open inside the function. */
  depth = 0;
  readonly memory: ValueMemory;
  readonly recent: RecentCode;
  lastOpcode = 0;
  /** Opcodes of the last four instructions, latest first. */
  readonly #opcodes = new Int32Array(4);
  readonly #predictor: Predictor;
  readonly #lastValue = new Int32Array(kindsTotal);
  readonly #valueBefore = new Int32Array(kindsTotal);
  #place: Surroundings = { aligned: undefined, next: 0, before: 0, behind: 0, salt: 0 };
  #recentAt = 0;
  #prefix = 0;

  constructor(predictor: Predictor, bytes: Uint8Array, out: number, stop: number, recent: RecentCode) {
    this.#predictor = predictor;
    this.bytes = bytes;
    this.out = out;
    this.stop = stop;
    this.recent = recent;
    this.memory = new ValueMemory(bytes);
  }

  /** Starts a function: nothing came before. */
  restart(): void {
    this.depth = 0;
    this.#opcodes.fill(0);
    this.#lastValue.fill(0);
    this.#valueBefore.fill(0);
    this.recent.restart();
  }

  /** Codes an instruction; `opcodeKnown` says that it has the opcode of the aligned one. */
  code(place: Surroundings, opcodeKnown: boolean): void {
    this.#place = place;
    this.#recentAt = this.recent.at;
    this.count = 0;
    const start = this.out;
    if (opcodeKnown) this.#copyOpcode(place.aligned!);
    else this.#codeOpcode();
    this.starts[0] = this.out;
    if (this.#recentAt > 0)
      this.#recentAt = this.#matches(this.#recentAt, start) ? this.#recentAt + this.out - start : 0;
    this.#prefix = 0;
    this.#immediates();
  }

  /** Codes the local declarations at the head of a body. */
  locals(place: Surroundings): void {
    this.#place = place;
    this.#recentAt = 0;
    this.count = 0;
    this.opcode = noOpcode;
    this.#prefix = 0;
    for (let left = this.#counted(); left > 0; left--) {
      this.#leb(immediate.count);
      this.#valueType();
    }
  }

  /** Takes note of the instruction from `start` on, however it came to be there; `kinds` and `starts` describe it. */
  finish(start: number, opcode: number, count: number, kinds: Uint8Array, starts: Uint32Array): void {
    for (let index = 0; index < count; index++) {
      const kind = kinds[index]!;
      this.#valueBefore[kind] = this.#lastValue[kind]!;
      this.#lastValue[kind] = hashBytes(this.bytes, starts[index]!, starts[index + 1]!, kind);
    }
    this.#opcodes.copyWithin(1, 0, 3);
    this.#opcodes[0] = opcode;
    this.lastOpcode = opcode;
    // `delegate` ends its `try` as `end` would.
    if (opcode === 0x0b || opcode === 0x18) this.depth--;
    else if ((opcode >= 2 && opcode <= 4) || opcode === 6 || opcode === 0x1f) this.depth++;
    this.recent.follow(start, this.out);
  }

  #matches(at: number, start: number): boolean {
    for (let ahead = start; ahead < this.out; ahead++) if (this.bytes[at++] !== this.bytes[ahead]) return false;
    return true;
  }

  #copyOpcode(aligned: Parsed): void {
    const width = aligned.starts[0]! - aligned.start;
    if (this.out + width > this.stop) throw new DeltaError('patch-corrupt', 'more code than the new file has bytes');
    this.bytes.copyWithin(this.out, aligned.start, aligned.starts[0]!);
    this.out += width;
    this.opcode = aligned.opcode;
  }

  #codeOpcode(): void {
    const first = this.#opcodeByte(0, this.#recentAt > 0 ? this.bytes[this.#recentAt]! : -1);
    const base = prefixBase[first];
    if (base === undefined) {
      this.opcode = first;
      return;
    }
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 28) throw new DeltaError('patch-corrupt', 'an opcode of more than 32 bits');
      const byte = this.#opcodeByte(1 + first + shift * 256, -1);
      number += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (number >= (first === 0xfd ? 0x200 : 0x100)) throw new DeltaError('patch-corrupt', 'an unknown opcode');
    this.opcode = base + number;
  }

  #opcodeByte(part: number, guess: number): number {
    const { contexts, guesses, guessContexts } = this.#predictor;
    const { next, before, behind, aligned } = this.#place;
    const opcodes = this.#opcodes;
    const a = opcodes[0]!;
    const b = opcodes[1]!;
    const c = opcodes[2]!;
    const d = opcodes[3]!;
    const seed = mixHash(0x2545f491, part);
    const pair = mixHash(mixHash(seed, a), b);
    contexts[0] = mixHash(seed, 1 + a * 4);
    contexts[1] = mixHash(pair, 2);
    contexts[2] = mixHash(mixHash(pair, c), 3);
    contexts[3] = mixHash(mixHash(mixHash(pair, c), d), 4);
    contexts[4] = mixHash(mixHash(seed, this.recent.last), 5);
    contexts[5] = mixHash(mixHash(mixHash(seed, this.recent.last), this.recent.second), 6);
    contexts[6] = mixHash(mixHash(mixHash(seed, next), aligned ? 1 : 2), a);
    contexts[7] = mixHash(mixHash(mixHash(mixHash(seed, next), before), a), 8);
    contexts[8] = mixHash(mixHash(mixHash(mixHash(pair, next), behind), aligned ? 1 : 2), 9);
    guesses[0] = guess;
    guessContexts[0] = mixHash(0x1234, Math.min(this.recent.held, 15));
    const set = codeSets.opcode + (part === 0 ? 0 : 1) + (aligned ? 2 : 0);
    return this.#byte(9, 1, set, codeSets.guess + (guess < 0 ? 0 : 1 + Math.min(3, this.recent.held >> 1)));
  }

  #byte(contexts: number, guesses: number, setA: number, setB: number): number {
    if (this.out >= this.stop) throw new DeltaError('patch-corrupt', 'more code than the new file has bytes');
    const byte = this.#predictor.symbol(this.bytes[this.out]!, 8, contexts, guesses, setA, setB);
    this.bytes[this.out++] = byte;
    return byte;
  }

  #immediates(): void {
    const shape = layoutOfOpcode[this.opcode]!;
    if (shape === layout.none) return;
    if (shape === 255) throw new DeltaError('patch-corrupt', 'an unknown opcode');
    switch (shape) {
      case layout.memarg:
        this.#memarg();
        break;
      case layout['memarg,lane']:
        this.#memarg();
        this.#raw(immediate.lane, 1);
        break;
      case layout.block:
        this.#blockType();
        break;
      case layout.targets:
        for (let left = this.#counted(); left >= 0; left--) this.#leb(immediate.label);
        break;
      case layout['value types']:
        for (let left = this.#counted(); left > 0; left--) this.#valueType();
        break;
      case layout.catches:
        this.#catches();
        break;
      case layout['flags,label,heap,heap']:
        this.#raw(immediate.flags, 1);
        this.#leb(immediate.label);
        this.#leb(immediate.heapType);
        this.#leb(immediate.heapType);
        break;
      default: {
        const raw = rawWidths[shape];
        if (raw !== undefined) this.#raw(raw[0], raw[1]);
        else for (const kind of plainLayouts[shape]!) this.#leb(kind);
      }
    }
  }

  #memarg(): void {
    if (this.#leb(immediate.align) & 64) this.#leb(immediate.memory);
    this.#leb(immediate.offset);
  }

  #blockType(): void {
    // A written-out reference type has its heap type behind it.
    const at = this.out;
    this.#leb(immediate.blockType);
    const first = this.bytes[at]!;
    if (first === 0x63 || first === 0x64) this.#leb(immediate.heapType);
  }

  #valueType(): void {
    const code = this.#raw(immediate.valueType, 1);
    if (code === 0x63 || code === 0x64) this.#leb(immediate.heapType);
  }

  #counted(): number {
    const count = this.#leb(immediate.count);
    if (count > this.stop - this.out) throw new DeltaError('patch-corrupt', 'more items than the new file has bytes');
    return count;
  }

  #catches(): void {
    this.#blockType();
    for (let left = this.#counted(); left > 0; left--) {
      const kind = this.#raw(immediate.flags, 1);
      if (kind < 2) this.#leb(immediate.tag);
      this.#leb(immediate.label);
    }
  }

  /** Codes a LEB128 number of any width; gives its first 32 bits. */
  #leb(kind: number): number {
    this.#begin(kind);
    let value = 0;
    for (let width = 0; ; width++) {
      if (width >= 10) throw new DeltaError('patch-corrupt', 'a number of more than 64 bits');
      const byte = this.#immediateByte(kind, width);
      if (width < 4) value += (byte & 127) * 2 ** (7 * width);
      if (byte < 128) break;
    }
    this.#end();
    return value;
  }

  #raw(kind: number, width: number): number {
    this.#begin(kind);
    for (let at = 0; at < width; at++) this.#immediateByte(kind, at);
    this.#end();
    return this.bytes[this.out - width]!;
  }

  #alignedAt = 0;
  #alignedHash = 0;
  #knownAt = 0;
  #knownSure = 0;

  #begin(kind: number): void {
    if (this.count === this.kinds.length) this.#grow();
    const index = this.count++;
    this.kinds[index] = kind;
    this.starts[index] = this.out;
    const aligned = this.#place.aligned;
    this.#alignedAt = 0;
    this.#alignedHash = 0;
    this.#knownAt = 0;
    this.#knownSure = 0;
    if (aligned === undefined || index >= aligned.count || aligned.kinds[index] !== kind) return;
    this.#alignedAt = aligned.starts[index]!;
    this.#alignedHash = hashBytes(this.bytes, aligned.starts[index]!, aligned.starts[index + 1]!, 7);
    const key = memoryKey(this.bytes, kind, aligned.starts[index]!, aligned.starts[index + 1]!, this.#place.salt);
    this.#knownAt = this.memory.find(key);
    this.#knownSure = this.memory.sureness(key);
  }

  #end(): void {
    this.starts[this.count] = this.out;
    this.#prefix = mixHash(this.#prefix, hashBytes(this.bytes, this.starts[this.count - 1]!, this.out, 3));
  }

  #grow(): void {
    const kinds = new Uint8Array(this.kinds.length * 2);
    const starts = new Uint32Array(this.kinds.length * 2 + 1);
    kinds.set(this.kinds);
    starts.set(this.starts);
    this.kinds = kinds;
    this.starts = starts;
  }

  #immediateByte(kind: number, at: number): number {
    const { contexts, guesses, guessContexts } = this.#predictor;
    const { bytes } = this;
    const start = this.out - at;
    const seed = hashBytes(bytes, start, this.out, mixHash(mixHash(kind + at * 64, this.opcode), this.#prefix));
    const loose = hashBytes(bytes, start, this.out, kind + 1000 + at * 64);
    const a = this.#opcodes[0]!;
    const b = this.#opcodes[1]!;
    const last = this.#lastValue[kind]!;
    contexts[0] = mixHash(seed, 1);
    contexts[1] = mixHash(mixHash(seed, last), 2);
    contexts[2] = mixHash(mixHash(mixHash(seed, a), b), 3);
    contexts[3] = mixHash(mixHash(seed, this.recent.last), 4);
    contexts[4] = mixHash(mixHash(mixHash(seed, this.recent.last), this.recent.second), 5);
    contexts[5] = mixHash(mixHash(seed, this.#alignedHash), 6);
    contexts[6] = mixHash(mixHash(kind === immediate.label ? seed : loose, this.#place.salt + this.depth), 7);
    contexts[7] = mixHash(mixHash(mixHash(loose, last), this.#valueBefore[kind]!), 8);
    contexts[8] = mixHash(mixHash(loose, this.#alignedHash), 9);
    guesses[0] = this.#guess(this.#alignedAt, start);
    guessContexts[0] = mixHash(0x100 + kind, this.#knownAt > 0 ? 1 + this.#knownSure : 0);
    guesses[1] = this.#guess(this.#knownAt, start);
    guessContexts[1] = mixHash(0x200 + kind, this.#knownSure);
    guesses[2] = this.#guess(this.#recentAt > 0 ? this.#recentAt + start - this.starts[0]! : 0, start);
    guessContexts[2] = mixHash(0x300 + kind, Math.min(this.recent.held, 15));
    const known = (guesses[0]! < 0 ? 0 : 1) + (guesses[1]! < 0 ? 0 : 2) + (guesses[2]! < 0 ? 0 : 4);
    return this.#byte(9, 3, codeSets.immediate + kind * 2 + Math.min(at, 1), codeSets.guess + 8 + known);
  }

  #guess(from: number, start: number): number {
    if (from <= 0) return -1;
    for (let at = start; at < this.out; at++) if (this.bytes[from++] !== this.bytes[at]) return -1;
    // What is not decoded yet is no guess.
    return from < this.out ? this.bytes[from]! : -1;
  }
}

/** The key under which the memory keeps what became of an immediate of the old code. */
export const memoryKey = (bytes: Uint8Array, kind: number, start: number, end: number, salt: number): number => {
  const hash = hashBytes(bytes, start, end, kind * 0x1000193);
  const local =
    kind === immediate.local ||
    ((kind === immediate.offset || kind === immediate.i32 || kind === immediate.i64) && end - start < 3);
  return local ? mixHash(hash, salt) : hash;
};

const { func, global, local, label, i32, i64, heapType } = immediate;

const rawWidths: Readonly<Record<number, readonly [number, number]>> = {
  [layout.f32]: [immediate.f32, 4],
  [layout.f64]: [immediate.f64, 8],
  [layout.v128]: [immediate.v128, 16],
  [layout.lane]: [immediate.lane, 1],
  [layout.flags]: [immediate.flags, 1],
};

const plainLayouts: Readonly<Record<number, readonly number[]>> = {
  ...indexLayouts,
  [layout.func]: [func],
  [layout.global]: [global],
  [layout.local]: [local],
  [layout.label]: [label],
  [layout.i32]: [i32],
  [layout.i64]: [i64],
  [layout.heap]: [heapType],
};
