import * as fs from 'node:fs';
import { isatty } from 'node:tty';
import { FileError } from '../file-handles.ts';
import type { InputStream, OutputStream, Readiness } from '../streams.ts';
import { withFileFaults } from './file-fault.ts';

/** Read ahead of the program. */
const heldBytesMax = 65_536;
const fullPipeMs = 1;
const nothing: Disposable = { [Symbol.dispose]: () => {} };
const always: Readiness = { isReady: () => true, onReady: () => nothing };

/** The standard input of this process, whatever it is: a terminal, a pipe, a file. Not touched before it is asked for. */
class StandardInput implements InputStream {
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();
  readonly isTerminal = isatty(0);
  #held = 0;
  #isStarted = false;
  #hasEnded = false;

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const wake = (): void => {
      for (const callback of [...this.#waiting]) callback();
    };
    const end = (): void => {
      this.#hasEnded = true;
      wake();
    };
    process.stdin.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      if (this.#held >= heldBytesMax) process.stdin.pause();
      wake();
    });
    process.stdin.on('end', end).on('error', end);
  }

  isReady(): boolean {
    this.#start();
    return this.#held > 0 || this.#hasEnded;
  }

  onReady(callback: () => void): Disposable {
    this.#start();
    this.#waiting.add(callback);
    return { [Symbol.dispose]: () => this.#waiting.delete(callback) };
  }

  read(into: Uint8Array): number {
    this.#start();
    const first = this.#chunks[0];
    if (first === undefined) return 0;
    const part = first.subarray(0, into.length);
    into.set(part);
    if (part.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(part.length);
    this.#held -= part.length;
    if (this.#held < heldBytesMax) process.stdin.resume();
    return part.length;
  }

  available(): number {
    return this.#held;
  }

  hasEnded(): boolean {
    return this.#hasEnded && this.#held === 0;
  }
}

/** The standard input of this process. */
export function standardInput(): InputStream {
  return new StandardInput();
}

/** A file read from its start as a stream. */
export function fileInput(path: string): InputStream {
  const descriptor = withFileFaults(() => fs.openSync(path, fs.constants.O_RDONLY));
  let hasEnded = false;
  return {
    ...always,
    read: (into) => {
      const count = withFileFaults(() => fs.readSync(descriptor, into, 0, into.length, null));
      hasEnded ||= count === 0 && into.length > 0;
      return count;
    },
    available: () => 0,
    hasEnded: () => hasEnded,
  };
}

/** The standard output or error of this process; a full pipe is waited for, and holds up this thread. */
export function standardOutput(descriptor: 1 | 2): OutputStream {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const write = (bytes: Uint8Array): number => {
    for (;;) {
      try {
        return withFileFaults(() => fs.writeSync(descriptor, bytes));
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== 'busy') throw error;
        Atomics.wait(sleeper, 0, 0, fullPipeMs);
      }
    }
  };
  return { ...always, write, isTerminal: isatty(descriptor) };
}

/** All of the standard input, or its beginning where it has more than `bytesMax`. */
export async function readStandardInput(bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  return Buffer.concat(chunks);
}
