import { FileError } from '../../../platform/file-handles.ts';
import type { OutputStream } from '../../../platform/streams.ts';
import { MemoryBytes } from './memory-bytes.ts';
import { outputTo } from './streams.ts';

/** What a program writes, gathered up to so many bytes: in as much memory as they are, however small its writes. */
export class Gathered {
  readonly stream: OutputStream = outputTo((part) => this.#take(part));
  readonly #what: string;
  readonly #bytesMax: number;
  readonly #bytes = new MemoryBytes();
  #isTooLong = false;

  /** `what` it is, in the words of who is refused more. */
  constructor(what: string, bytesMax: number) {
    this.#what = what;
    this.#bytesMax = bytesMax;
  }

  /** Whether more was written than may be: what is gathered is a part then. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  /** All that was written. */
  contents(): Uint8Array {
    return this.#bytes.contents();
  }

  #take(part: Uint8Array): void {
    this.#isTooLong ||= this.#bytes.length + part.length > this.#bytesMax;
    if (this.#isTooLong) throw new FileError('file-too-large', `${this.#what} of more than ${this.#bytesMax} bytes`);
    this.#bytes.write(part, this.#bytes.length);
  }
}
