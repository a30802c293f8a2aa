import { sectionId } from '../../wasm/module.ts';
import { DeltaError } from '../error.ts';
import { CodeModel } from './code.ts';
import type { Coding } from './coding.ts';
import { apart, DataModel } from './data.ts';
import { mix } from './hash.ts';
import { kind, selection } from './kinds.ts';
import { bodyWidth, holdsBodies, isModule } from './shape.ts';
import { Signatures } from './signatures.ts';

/** What flags are about. */
const about = { module: 1, bodies: 2, width: 3 } as const;
const widthMax = 5;

/**
 * Codes a whole file, in its own order. A flag says whether it is a module; of a code section, whether it holds bodies; and of
 * each body how wide its length is, which then follows from the body, or 0: such a body is coded as bytes, behind its length.
 */
export class WholeCodec {
  readonly #coding: Coding;
  readonly #data: DataModel;
  readonly #signatures = new Signatures();
  readonly #code: CodeModel;

  constructor(coding: Coding) {
    this.#coding = coding;
    this.#data = new DataModel(coding);
    this.#code = new CodeModel(coding, this.#signatures);
  }

  /** Codes all of it. */
  code(): void {
    const coding = this.#coding;
    const { length } = coding.bytes;
    if (this.#flag(about.module, (file) => (isModule(file) ? 1 : 0)) === 1) {
      this.#data.bytes(8, apart.head);
      while (coding.at < length) this.#section();
    }
    this.#data.bytes(length, apart.noModule);
  }

  #flag(what: number, ask: (file: Uint8Array) => number): number {
    const { source, model } = this.#coding;
    model.contexts[0] = mix(3000, what);
    return this.#coding.symbol(source === undefined ? 0 : ask(source), kind.flag, selection.other + 6, 1);
  }

  #section(): void {
    const coding = this.#coding;
    const id = this.#data.byte(apart.sectionHead);
    const length = this.#length();
    const payload = coding.at;
    const end = payload + length;
    if (end > coding.bytes.length) throw new DeltaError('patch-corrupt', 'a section longer than the file');
    if (id === sectionId.code && this.#flag(about.bodies, (file) => (holdsBodies(file, payload, end) ? 1 : 0)) === 1)
      this.#bodies(end);
    else this.#data.bytes(end, id);
    this.#signatures.read(coding.bytes, { id, payload, end });
  }

  #bodies(end: number): void {
    const coding = this.#coding;
    coding.stop = end;
    const count = this.#length();
    const { imported } = this.#signatures;
    for (let body = 0; body < count; body++) this.#body(imported + body, end);
    if (coding.at !== end) throw new DeltaError('patch-corrupt', 'less code than its section has room for');
    coding.stop = coding.bytes.length;
  }

  #length(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#data.byte(apart.length);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new DeltaError('patch-corrupt', 'a length of more than five bytes');
  }

  #body(index: number, end: number): void {
    const coding = this.#coding;
    const start = coding.at;
    const width = this.#flag(about.width, (file) => bodyWidth(file, start, end));
    if (width === 0) {
      const stop = this.#length() + coding.at;
      if (stop > end) throw new DeltaError('patch-corrupt', 'a body longer than its section');
      this.#data.bytes(stop, sectionId.code);
      return;
    }
    if (width > widthMax || start + width > end) throw new DeltaError('patch-corrupt', 'a body has no room');
    coding.at = start + width;
    this.#code.body(index);
    this.#writeLength(start, width);
  }

  #writeLength(start: number, width: number): void {
    const { bytes, at } = this.#coding;
    let left = at - start - width;
    for (let place = start; place < start + width; place++) {
      bytes[place] = (left & 127) | (place < start + width - 1 ? 128 : 0);
      left >>>= 7;
    }
    if (left > 0) throw new DeltaError('patch-corrupt', 'a body longer than its length can say');
  }
}
