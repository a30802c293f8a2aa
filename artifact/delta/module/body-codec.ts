import { immediate } from '../../wasm/immediates.ts';
import { codeNumber } from '../coding/numbers.ts';
import { mixHash, type Predictor } from '../coding/predictor.ts';
import { DeltaError } from '../error.ts';
import type { WorkBudget } from '../work.ts';
import { codeSets, type InstructionCodec, memoryKey } from './instruction-codec.ts';
import { type OldBody, type Parsed, parseLocals } from './old-body.ts';
import { hashBytes } from './value-memory.ts';

/** How one instruction of the new body relates to the old one. */
const step = { substitute: 0, insert: 1, remove: 2 } as const;

const editsMax = 15;

// Kinds of immediates whose fate is remembered: those that renumbering changes.
const remembered = new Uint8Array(32);
for (const kind of ['func', 'type', 'global', 'table', 'memory', 'tag', 'data', 'elem', 'local', 'field'] as const) {
  remembered[immediate[kind]] = 1;
}
for (const kind of ['i32', 'i64', 'offset', 'blockType', 'heapType'] as const) remembered[immediate[kind]] = 1;

/**
 * Codes a new function body against an old one: for each instruction whether it is the expected one, which is the old
 * one with every number replaced by what became of it before, and else what it is instead.
 *
 *   old   local.get 3   call 7   i32.add                end
 *   new   local.get 4   call 7             i32.sub      end
 *         substitute    as expected  remove  insert     as expected
 */
export class BodyCodec {
  readonly #predictor: Predictor;
  readonly #codec: InstructionCodec;
  readonly #old: OldBody;
  readonly #bytes: Uint8Array;
  /** Where an expected instruction is put together that differs from the old one. */
  readonly #scratch: number;
  readonly #work: WorkBudget;
  #salt = 0;
  /** The latest decisions, newest lowest: 1 for an instruction that was not as expected. */
  #history = 0;
  #lastStep = 3;
  #edits = 0;
  #sinceEdit = 0;
  #expected = 0;
  #expectedEnd = 0;
  #sureness = 0;
  readonly #expectedStarts = new Uint32Array(17);
  readonly #newStarts = new Uint32Array(17);

  constructor(predictor: Predictor, codec: InstructionCodec, old: OldBody, scratch: number, work: WorkBudget) {
    this.#work = work;
    this.#predictor = predictor;
    this.#codec = codec;
    this.#old = old;
    this.#bytes = codec.bytes;
    this.#scratch = scratch;
  }

  /**
   * Codes one body at the codec's place against the old body that was read last. For the encoder `plan` gives the index
   * of the old instruction that each new one is aligned with, −1 for none; the decoder passes nothing.
   */
  code(salt: number, plan: Int32Array | undefined): void {
    this.#salt = mixHash(0x6a09e667, salt);
    this.#history = 0;
    this.#lastStep = 3;
    this.#edits = 0;
    this.#sinceEdit = 0;
    this.#codec.restart();
    this.#locals();
    let at = 0;
    for (let index = 0; this.#codec.depth >= 0; ) {
      const planned = plan === undefined ? -1 : plan[index]!;
      const removed = this.#instruction(at, planned, plan !== undefined);
      if (removed > 0) at += removed;
      else {
        index++;
        if (removed === 0) at++;
      }
    }
  }

  #locals(): void {
    const old = this.#old.end > 0 ? parseLocals(this.#bytes, this.#old.start, this.#old.end) : undefined;
    if (old !== undefined) {
      const equal = this.#equals(old.start, old.end);
      this.#predictor.contexts[0] = 0x11;
      this.#predictor.contexts[1] = mixHash(0x12, Math.min(old.count, 9));
      if (this.#predictor.flag(equal ? 1 : 0, 2, codeSets.numbers, codeSets.numbers) === 1) {
        this.#copy(old.start, old.end);
        return;
      }
    }
    this.#codec.locals(this.#surroundings(old, -1));
  }

  /** Codes one decision; gives how many old instructions it removed, 0 when one was used up, −1 when none. */
  #instruction(at: number, planned: number, encoding: boolean): number {
    const { total } = this.#old;
    if (at >= total) {
      this.#anew(this.#surroundings(undefined, at), false);
      return -1;
    }
    // A long instruction is read again for every one that is inserted before it.
    this.#work.spend(this.#old.starts[at + 1]! - this.#old.starts[at]!);
    this.#expect(at);
    const asExpected = encoding && planned === at && this.#equals(this.#expected, this.#expectedEnd);
    if (this.#same(at, asExpected ? 1 : 0) === 1) {
      this.#take(at);
      this.#note(0);
      return 0;
    }
    const wanted = planned === at ? step.substitute : planned < 0 ? step.insert : step.remove;
    const taken = this.#step(at, wanted);
    this.#lastStep = taken;
    if (taken === step.remove) {
      const count = 1 + codeNumber(this.#predictor, planned - at - 1, 0x7f4a7c15, codeSets.numbers);
      if (count > total - at) throw new DeltaError('patch-corrupt', 'more instructions removed than there are');
      this.#note(1);
      return count;
    }
    if (taken === step.insert) {
      this.#anew(this.#surroundings(undefined, at), false);
      this.#note(1);
      return -1;
    }
    this.#substitute(at);
    this.#note(1);
    return 0;
  }

  #substitute(at: number): void {
    const cursor = this.#old.place(at);
    let known = false;
    if (cursor.count > 0) {
      const { contexts } = this.#predictor;
      contexts[0] = mixHash(0x21, cursor.opcode);
      contexts[1] = mixHash(mixHash(0x22, this.#codec.lastOpcode), cursor.opcode);
      const equal = this.#equals(cursor.start, cursor.starts[0]!);
      known = this.#predictor.flag(equal ? 1 : 0, 2, codeSets.sameOpcode, codeSets.sameOpcode + 1) === 1;
    }
    this.#anew(this.#surroundings(cursor, at), known);
  }

  #anew(place: Parameters<InstructionCodec['code']>[0], opcodeKnown: boolean): void {
    const codec = this.#codec;
    const start = codec.out;
    codec.code(place, opcodeKnown);
    if (place.aligned !== undefined && place.aligned.opcode === codec.opcode)
      this.#remember(place.aligned, codec.starts);
    codec.finish(start, codec.opcode, codec.count, codec.kinds, codec.starts);
  }

  #surroundings(aligned: Parsed | undefined, at: number): Parameters<InstructionCodec['code']>[0] {
    const old = this.#old;
    return {
      aligned,
      next: old.opcodeAt(at),
      before: old.opcodeAt(at - 1),
      behind: old.opcodeAt(at + 1),
      salt: this.#salt,
    };
  }

  #remember(aligned: Parsed, starts: Uint32Array): void {
    for (let index = 0; index < aligned.count; index++) {
      const kind = aligned.kinds[index]!;
      if (remembered[kind] === 0) continue;
      const key = memoryKey(this.#bytes, kind, aligned.starts[index]!, aligned.starts[index + 1]!, this.#salt);
      this.#codec.memory.note(key, starts[index]!, starts[index + 1]!);
    }
  }

  #note(edit: number): void {
    this.#history = ((this.#history << 1) | edit) & 0xffff;
    if (edit === 1) {
      if (this.#edits < editsMax) this.#edits++;
      this.#sinceEdit = 0;
    } else this.#sinceEdit++;
    if (edit === 0) this.#lastStep = 3;
  }

  #equals(from: number, end: number): boolean {
    let at = this.#codec.out;
    if (at + end - from > this.#codec.stop) return false;
    for (; from < end; from++) if (this.#bytes[from] !== this.#bytes[at++]) return false;
    return true;
  }

  #copy(from: number, end: number): void {
    const codec = this.#codec;
    if (codec.out + end - from > codec.stop)
      throw new DeltaError('patch-corrupt', 'more code than the new file has bytes');
    this.#bytes.copyWithin(codec.out, from, end);
    codec.out += end - from;
  }

  /** Puts together what the old instruction at this place has become by all that is known. */
  #expect(at: number): void {
    const cursor = this.#old.place(at);
    this.#sureness = 0;
    this.#expected = cursor.start;
    this.#expectedEnd = cursor.end;
    if (cursor.count === 0 || cursor.count > 8) return;
    let out = this.#scratch + cursor.starts[0]! - cursor.start;
    let changed = 0;
    let sureness = 4;
    for (let index = 0; index < cursor.count; index++) {
      const start = cursor.starts[index]!;
      const end = cursor.starts[index + 1]!;
      this.#expectedStarts[index] = out;
      const kind = cursor.kinds[index]!;
      const key = remembered[kind] === 1 ? memoryKey(this.#bytes, kind, start, end, this.#salt) : 0;
      let from = key === 0 ? 0 : this.#codec.memory.find(key);
      if (key !== 0) sureness = Math.min(sureness, from === 0 ? 0 : 1 + this.#codec.memory.sureness(key));
      if (from === 0) from = start;
      out = this.#copyNumber(kind, from, end - start, out);
      if (from !== start)
        for (let byte = 0; byte < end - start; byte++) {
          if (this.#bytes[from + byte] !== this.#bytes[start + byte]) changed = 1;
        }
    }
    this.#expectedStarts[cursor.count] = out;
    this.#sureness = sureness * 2 + changed;
    if (changed === 0) return;
    this.#bytes.copyWithin(this.#scratch, cursor.start, cursor.starts[0]!);
    this.#expected = this.#scratch;
    this.#expectedEnd = out;
  }

  #copyNumber(kind: number, from: number, width: number, out: number): number {
    if (remembered[kind] === 0) {
      for (let left = width; left > 0; left--) this.#bytes[out++] = this.#bytes[from++]!;
      return out;
    }
    for (let left = 10; left > 0; left--) {
      const byte = this.#bytes[from++]!;
      this.#bytes[out++] = byte;
      if (byte < 128) break;
    }
    return out;
  }

  /** Copies the expected instruction. */
  #take(at: number): void {
    const codec = this.#codec;
    const cursor = this.#old.cursor;
    const start = codec.out;
    this.#copy(this.#expected, this.#expectedEnd);
    if (cursor.count === 0 || cursor.count > 8) {
      codec.finish(start, this.#old.opcodes[at]!, 0, cursor.kinds, cursor.starts);
      return;
    }
    const shift = this.#expected === this.#scratch ? start - this.#scratch : start - cursor.start;
    const starts = this.#expected === this.#scratch ? this.#expectedStarts : cursor.starts;
    for (let index = 0; index <= cursor.count; index++) this.#newStarts[index] = starts[index]! + shift;
    this.#remember(cursor, this.#newStarts);
    codec.finish(start, cursor.opcode, cursor.count, cursor.kinds, this.#newStarts);
  }

  #same(at: number, bit: number): number {
    const { contexts } = this.#predictor;
    const old = this.#old;
    const opcode = old.opcodes[at]!;
    const before = old.opcodeAt(at - 1);
    const behind = old.opcodeAt(at + 1);
    const whole = hashBytes(this.#bytes, old.starts[at]!, old.starts[at + 1]!, 0x31);
    const recent = this.#agreement();
    const { last, held } = this.#codec.recent;
    const history = this.#history;
    contexts[0] = mixHash(mixHash(0x41, history & 0xff), this.#sureness);
    contexts[1] = mixHash(mixHash(mixHash(0x42, opcode), this.#sureness), history & 3);
    contexts[2] = mixHash(mixHash(0x43, whole), this.#sureness & 1);
    contexts[3] = mixHash(mixHash(mixHash(0x44, whole), last), history & 1);
    contexts[4] = mixHash(mixHash(mixHash(mixHash(0x45, opcode), before), behind), history & 1);
    const distance = 32 - Math.clz32(this.#sinceEdit);
    contexts[5] = mixHash(mixHash(mixHash(0x46, this.#edits), distance), 32 - Math.clz32(old.total - at));
    contexts[6] = mixHash(mixHash(mixHash(0x47, recent), Math.min(held, 15)), history & 3);
    contexts[7] = mixHash(mixHash(mixHash(0x48, this.#codec.lastOpcode), opcode), this.#lastStep);
    return this.#predictor.flag(bit, 8, codeSets.same + (history & 3), codeSets.same + 4 + recent);
  }

  /** Whether recent code guesses the expected instruction (1), another one (2), or nothing (0). */
  #agreement(): number {
    let at = this.#codec.recent.at;
    if (at === 0) return 0;
    for (let from = this.#expected; from < this.#expectedEnd; from++) {
      // What is not decoded yet is no guess.
      if (at >= this.#codec.out || this.#bytes[from] !== this.#bytes[at++]) return 2;
    }
    return 1;
  }

  #step(at: number, wanted: number): number {
    const { contexts } = this.#predictor;
    const opcode = this.#old.opcodes[at]!;
    const recent = this.#agreement();
    let node = 0;
    const one = (bit: number): number => {
      contexts[0] = mixHash(mixHash(0x51 + node, this.#lastStep), this.#sureness);
      contexts[1] = mixHash(mixHash(0x54 + node, opcode), this.#lastStep);
      contexts[2] = mixHash(mixHash(0x57 + node, this.#codec.lastOpcode), opcode);
      contexts[3] = mixHash(mixHash(0x5a + node, this.#history & 0xff), recent);
      return this.#predictor.flag(bit, 4, codeSets.step + node, codeSets.step + 2);
    };
    if (one(wanted === step.substitute ? 1 : 0) === 1) return step.substitute;
    node = 1;
    return one(wanted === step.insert ? 1 : 0) === 1 ? step.insert : step.remove;
  }
}
