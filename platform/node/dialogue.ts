import { type ChildProcess, spawn } from 'node:child_process';
import type { Dialogue, Programs, RunOptions } from '../ports.ts';
import { environmentOf } from './run-program.ts';

/** Of an answer, where its length is not to be seen: longer lines are none of ours. */
const begunBytesMax = 64 * 1024;

interface Asked {
  readonly lengthOf: (begun: Uint8Array) => number | undefined;
  readonly settle: PromiseWithResolvers<Uint8Array | undefined>;
}

class ProgramDialogue implements Dialogue {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;
  readonly #closed: Promise<void>;
  #hasEnded = false;
  #asked: Asked | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes of the answer with which more can be told than before. */
  #awaitedBytes = 1;
  /** Settles when nobody is answered any more. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(child: ChildProcess, signal: AbortSignal) {
    this.#child = child;
    this.#signal = signal;
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    // Who ended reads no more.
    child.stdin?.on('error', () => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    const end = (): void => {
      signal.removeEventListener('abort', stop);
      this.#end();
      resolve();
    };
    child.on('error', end);
    child.on('close', end);
  }

  ask(question: Uint8Array, lengthOf: Asked['lengthOf']): Promise<Uint8Array | undefined> {
    const answer = this.#turn.then(() => this.#answerTo(question, lengthOf));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  #answerTo(question: Uint8Array, lengthOf: Asked['lengthOf']): Promise<Uint8Array | undefined> {
    this.#signal.throwIfAborted();
    if (this.#hasEnded) return Promise.resolve(undefined);
    const settle = Promise.withResolvers<Uint8Array | undefined>();
    this.#asked = { lengthOf, settle };
    [this.#chunks, this.#bytes, this.#awaitedBytes] = [[], 0, 1];
    this.#child.stdin!.write(question);
    return settle.promise;
  }

  #take(chunk: Buffer): void {
    if (this.#asked === undefined) return this.#fail(new Error('the program says what nobody asked'));
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#awaitedBytes) return;
    const printed = Buffer.concat(this.#chunks);
    try {
      const length = this.#asked.lengthOf(printed);
      if (length === undefined && printed.length > begunBytesMax)
        throw new Error('the program begins an answer without end');
      if (length === undefined || length > printed.length) this.#awaitedBytes = length ?? printed.length + 1;
      else this.#settle(printed.subarray(0, length));
    } catch (error) {
      this.#fail(error);
    }
  }

  #settle(answer: Uint8Array | undefined): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.settle.resolve(answer);
  }

  #fail(error: unknown): void {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#hasEnded = true;
    this.#child.kill('SIGKILL');
    asked?.settle.reject(error);
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#signal.aborted) this.#fail(this.#signal.reason);
    else this.#settle(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await this.#closed;
  }
}

const ended: Dialogue = { ask: async () => undefined, [Symbol.asyncDispose]: async () => {} };

/** Starts a program that answers questions; see `Programs.converse`. */
export const converse: Programs['converse'] = (name, args, options: Pick<RunOptions, 'environment' | 'signal'>) => {
  if (options.signal.aborted) return ended;
  try {
    const child = spawn(name, [...args], { env: environmentOf(options), stdio: ['pipe', 'pipe', 'ignore'] });
    return new ProgramDialogue(child, options.signal);
  } catch {
    // Node throws some reasons, ENOMEM among them, and tells others by an event.
    return ended;
  }
};
