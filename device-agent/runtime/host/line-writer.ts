import { printable } from '../../../platform/printable.ts';

const lineBytesMax = 4096;
const newline = 10;

/** Cuts what a program writes to one stream into lines of bounded length. */
export class LineWriter {
  readonly #emit: (line: string) => void;
  readonly #pending = new Uint8Array(lineBytesMax);
  #length = 0;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const end = bytes.indexOf(newline, at);
      const stop = Math.min(end === -1 ? bytes.length : end, at + lineBytesMax - this.#length);
      this.#pending.set(bytes.subarray(at, stop), this.#length);
      this.#length += stop - at;
      at = stop;
      if (stop === end) {
        this.#flushLine();
        at += 1;
      } else if (this.#length === lineBytesMax) {
        this.#flushLine();
        if (bytes[at] === newline) at += 1;
      }
    }
  }

  /** Emits a last line that has no end. */
  finish(): void {
    if (this.#length > 0) this.#flushLine();
  }

  #flushLine(): void {
    const line = this.#pending.slice(0, this.#length);
    this.#length = 0;
    // What is in a log must not steer the terminal of whoever reads it.
    this.#emit(printable(new TextDecoder().decode(line)));
  }
}
