const lineBytesMax = 4096;
const newline = 10;

/** A line for the log; a control character could otherwise steer the terminal of whoever reads it. */
function printable(bytes: Uint8Array): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found.
  return new TextDecoder().decode(bytes).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

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
    this.#emit(printable(line));
  }
}
