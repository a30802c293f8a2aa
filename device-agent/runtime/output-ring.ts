/**
 * What an application printed, on its way from its thread to the app host: a ring of bytes in shared memory, one writer,
 * one reader. The writer never waits: what does not fit is dropped and counted.
 *
 *   header (Int32): 0 head, bytes ever written · 1 tail, bytes ever read · 2 records dropped · 3 whether the reader was told
 */
const headerBytes = 16;
const capacityBytes = 65_536;
const head = 0;
const tail = 1;
const dropped = 2;
const told = 3;

/** Memory for one ring. */
export function newRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(headerBytes + capacityBytes);
}

function parts(memory: SharedArrayBuffer): { readonly header: Int32Array; readonly bytes: Uint8Array } {
  return { header: new Int32Array(memory, 0, 4), bytes: new Uint8Array(memory, headerBytes, capacityBytes) };
}

/** The application thread's end. */
export class RingWriter {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #tellReader: () => void;

  /** `tellReader` is called when something came in and the reader does not know yet. */
  constructor(memory: SharedArrayBuffer, tellReader: () => void) {
    ({ header: this.#header, bytes: this.#bytes } = parts(memory));
    this.#tellReader = tellReader;
  }

  /** Takes the record whole or not at all. */
  write(record: Uint8Array): void {
    const start = Atomics.load(this.#header, head);
    const used = (start - Atomics.load(this.#header, tail)) | 0;
    if (record.length > capacityBytes - used) {
      Atomics.add(this.#header, dropped, 1);
    } else {
      const at = (start >>> 0) % capacityBytes;
      const first = record.subarray(0, capacityBytes - at);
      this.#bytes.set(first, at);
      this.#bytes.set(record.subarray(first.length), 0);
      Atomics.store(this.#header, head, (start + record.length) | 0);
    }
    if (Atomics.exchange(this.#header, told, 1) === 0) this.#tellReader();
  }
}

/** The app host's end. */
export class RingReader {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    ({ header: this.#header, bytes: this.#bytes } = parts(memory));
  }

  /** Up to `bytesMax` of what is there, and how many records were dropped since the last time. */
  drain(bytesMax: number): { readonly bytes: Uint8Array; readonly dropped: number; readonly isEmpty: boolean } {
    Atomics.store(this.#header, told, 0);
    const start = Atomics.load(this.#header, tail);
    const filled = (Atomics.load(this.#header, head) - start) | 0;
    const length = Math.min(filled, bytesMax);
    const bytes = new Uint8Array(length);
    const at = (start >>> 0) % capacityBytes;
    const first = this.#bytes.subarray(at, Math.min(at + length, capacityBytes));
    bytes.set(first);
    bytes.set(this.#bytes.subarray(0, length - first.length), first.length);
    Atomics.store(this.#header, tail, (start + length) | 0);
    return { bytes, dropped: Atomics.exchange(this.#header, dropped, 0), isEmpty: length === filled };
  }
}
