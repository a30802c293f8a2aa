import { codeNumber } from '../coding/numbers.ts';
import { mixHash, type Predictor } from '../coding/predictor.ts';
import { DeltaError } from '../error.ts';
import type { WorkBudget } from '../work.ts';
import { BodyCodec } from './body-codec.ts';
import { codeSets, InstructionCodec } from './instruction-codec.ts';
import { OldBody } from './old-body.ts';
import { RecentCode } from './recent-code.ts';

/** Where the function bodies of a code section lie, each with the width of the length before it. */
export type Bodies = {
  readonly count: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly widths: Uint8Array;
};

/** What the encoder has decided about the functions of the new module. */
export type CodePlan = {
  /** Index of the old body that each new one is coded against, −1 for none. */
  readonly bases: Int32Array;
  readonly bodies: Bodies;
  /** How the instructions of a new body are aligned with those of its base. */
  readonly align: (index: number) => Int32Array;
};

/** What a body takes besides its decisions: a new one may be three bytes long. */
const bodyUnits = 20;

/** Bytes behind the new file in which the codec puts things together. */
export const scratchBytes = 256;

/**
 * Codes the entries of a code section, lengths included, into `bytes` from `out` on, and gives where they end. `bytes`
 * holds the rewritten old module, then the new one, then scratch room.
 */
export class CodeCodec {
  readonly #predictor: Predictor;
  readonly #bytes: Uint8Array;
  readonly #old: Bodies;
  readonly #codec: InstructionCodec;
  readonly #oldBody: OldBody;
  readonly #bodyCodec: BodyCodec;
  readonly #work: WorkBudget;
  #lastBase = -1;
  #unchanged = 0;

  constructor(predictor: Predictor, bytes: Uint8Array, old: Bodies, out: number, stop: number, work: WorkBudget) {
    this.#work = work;
    this.#predictor = predictor;
    this.#bytes = bytes;
    this.#old = old;
    const recent = new RecentCode(bytes, Math.min(20, Math.max(12, 30 - Math.clz32(stop))));
    this.#oldBody = new OldBody(bytes);
    for (let index = 0; index < old.count; index++) this.#index(recent, index);
    this.#codec = new InstructionCodec(predictor, bytes, out, stop, recent);
    this.#bodyCodec = new BodyCodec(predictor, this.#codec, this.#oldBody, bytes.length - scratchBytes, work);
  }

  /** Codes `count` bodies; gives the place behind them. */
  code(count: number, plan: CodePlan | undefined): number {
    for (let index = 0; index < count; index++) this.#body(index, plan);
    return this.#codec.out;
  }

  #index(recent: RecentCode, index: number): void {
    this.#oldBody.read(this.#old.starts[index]!, this.#old.ends[index]!);
    recent.restart();
    for (let at = 0; at < this.#oldBody.total; at++)
      recent.index(this.#oldBody.starts[at]!, this.#oldBody.starts[at + 1]!);
  }

  #body(index: number, plan: CodePlan | undefined): void {
    this.#work.spend(bodyUnits);
    const base = this.#base(plan === undefined ? -1 : plan.bases[index]!);
    if (base >= 0) {
      this.#lastBase = base;
      if (this.#unchangedFrom(base, index, plan)) return;
    }
    const width = this.#width(base, plan === undefined ? 0 : plan.bodies.widths[index]!);
    const start = this.#codec.out;
    this.#codec.out += width;
    if (this.#codec.out > this.#codec.stop)
      throw new DeltaError('patch-corrupt', 'more code than the new file has bytes');
    // The decoder knows the length only behind the body: a guess that reaches here must see the same on both sides.
    this.#bytes.fill(0, start, start + width);
    if (base < 0) this.#oldBody.clear();
    else this.#cut(base);
    this.#bodyCodec.code(index, plan?.align(index));
    this.#writeLength(start, width);
  }

  /** Cuts an old body into instructions; every new one may name the largest. */
  #cut(base: number): void {
    const [start, end] = [this.#old.starts[base]!, this.#old.ends[base]!];
    this.#work.spend(end - start);
    this.#oldBody.read(start, end);
  }

  #base(wanted: number): number {
    const { contexts } = this.#predictor;
    const flag = (bit: boolean, name: number): boolean => {
      contexts[0] = mixHash(0x61 + name, this.#unchanged & 15);
      return this.#predictor.flag(bit ? 1 : 0, 1, codeSets.numbers, codeSets.numbers) === 1;
    };
    const next = this.#lastBase + 1;
    if (next < this.#old.count && flag(wanted === next, 0)) return next;
    if (this.#old.count === 0 || !flag(wanted >= 0, 1)) return -1;
    const forward = flag(wanted > next, 2);
    const distance = codeNumber(
      this.#predictor,
      forward ? wanted - next : next - wanted,
      0x65 + (forward ? 1 : 0),
      codeSets.numbers,
    );
    const base = forward ? next + distance : next - distance;
    if (base < 0 || base >= this.#old.count)
      throw new DeltaError('patch-corrupt', 'a function coded against one that is not there');
    return base;
  }

  #unchangedFrom(base: number, index: number, plan: CodePlan | undefined): boolean {
    const { contexts } = this.#predictor;
    const start = this.#old.starts[base]! - this.#old.widths[base]!;
    const end = this.#old.ends[base]!;
    const equal =
      plan !== undefined &&
      plan.bodies.ends[index]! - this.#codec.out === end - start &&
      Buffer.compare(
        this.#bytes.subarray(start, end),
        this.#bytes.subarray(this.#codec.out, plan.bodies.ends[index]!),
      ) === 0;
    contexts[0] = mixHash(0x71, this.#unchanged & 15);
    contexts[1] = mixHash(0x72, 32 - Math.clz32(end - start));
    contexts[2] = mixHash(mixHash(0x73, this.#unchanged & 3), 32 - Math.clz32(end - start));
    const bit = this.#predictor.flag(equal ? 1 : 0, 3, codeSets.numbers, codeSets.numbers + 1);
    this.#unchanged = (this.#unchanged << 1) | bit;
    if (bit === 0) return false;
    if (this.#codec.out + end - start > this.#codec.stop) {
      throw new DeltaError('patch-corrupt', 'more code than the new file has bytes');
    }
    this.#bytes.copyWithin(this.#codec.out, start, end);
    this.#codec.out += end - start;
    return true;
  }

  #width(base: number, wanted: number): number {
    this.#predictor.contexts[0] = mixHash(0x81, base < 0 ? 0 : this.#old.widths[base]!);
    const set = codeSets.numbers;
    const width = this.#predictor.symbol(wanted, 3, 1, 0, set, set);
    if (width === 0 || width > 5) throw new DeltaError('patch-corrupt', 'a length of no bytes or more than five');
    return width;
  }

  #writeLength(at: number, width: number): void {
    let length = this.#codec.out - at - width;
    for (let left = width - 1; left > 0; left--) {
      this.#bytes[at++] = (length & 127) | 128;
      length >>>= 7;
    }
    if (length > 127) throw new DeltaError('patch-corrupt', 'a function longer than its length can say');
    this.#bytes[at] = length;
  }
}
