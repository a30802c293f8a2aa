import { ByteWriter } from '../wasm/write/bytes.ts';

const unlikely = 0;

/** Tells the engine which branches are hardly ever taken, so that it keeps what they do out of the way of the rest. */
export class BranchHints {
  readonly #functions = new ByteWriter();
  #count = 0;

  /** Adds a function, in the order of their indices, with the offsets of such branches in its body. */
  add(index: number, offsets: readonly number[]): void {
    if (offsets.length === 0) return;
    this.#count++;
    this.#functions.u32(index);
    this.#functions.u32(offsets.length);
    for (const offset of offsets) {
      this.#functions.u32(offset);
      this.#functions.u32(1);
      this.#functions.byte(unlikely);
    }
  }

  /** The contents of the custom section. */
  contents(): Uint8Array {
    const writer = new ByteWriter(this.#functions.length + 32);
    writer.name('metadata.code.branch_hint');
    writer.u32(this.#count);
    writer.raw(this.#functions.contents());
    return writer.contents();
  }
}
