import { type ImmediateKind, immediate } from '../wasm/immediates.ts';
import type { Span } from '../wasm/module.ts';
import type { FieldSink } from '../wasm/read/bytes.ts';
import type { ByteWriter } from '../wasm/write/bytes.ts';
import type { Indices } from './indices.ts';

interface Found {
  readonly kind: ImmediateKind;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Every function and global index outside of function bodies, with where it stands. */
export class IndexPatches implements FieldSink {
  /** In the order of the file, as sections are read in their order. */
  readonly #found: Found[] = [];
  readonly #source: Uint8Array;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  field(kind: ImmediateKind, value: number, start: number, end: number): void {
    if (kind === immediate.func || kind === immediate.global) this.#found.push({ kind, value, start, end });
  }

  /** Functions that are named in these bytes. */
  functionsIn({ start, end }: Span): number[] {
    return [...this.#within(start, end)].filter(({ kind }) => kind === immediate.func).map(({ value }) => value);
  }

  /** Writes these bytes of the source with all indices as they are now. */
  copy(writer: ByteWriter, { start, end }: Span, indices: Indices): void {
    let copied = start;
    for (const patch of this.#within(start, end)) {
      writer.raw(this.#source.subarray(copied, patch.start));
      writer.u32(patch.kind === immediate.func ? indices.function(patch.value) : indices.global(patch.value));
      copied = patch.end;
    }
    writer.raw(this.#source.subarray(copied, end));
  }

  *#within(start: number, end: number): Iterable<Found> {
    for (let i = this.#firstAt(start); i < this.#found.length && this.#found[i]!.end <= end; i++) yield this.#found[i]!;
  }

  #firstAt(offset: number): number {
    let low = 0;
    let high = this.#found.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#found[middle]!.start < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
