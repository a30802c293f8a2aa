import { FileError } from '../file-handles.ts';
import type { Connection, InputStream, OutputStream, Readiness } from '../streams.ts';

const nothing: Disposable = { [Symbol.dispose]: () => {} };

/** A connection that is being made: nothing is ready before. Where that fails, reading and writing do, as `io`. */
export class LaterConnection implements Connection {
  #made: Connection | undefined;
  #fault: Error | undefined;
  #isClosed = false;
  readonly #waiting = new Set<() => void>();
  readonly #settled: Promise<void>;
  readonly input: InputStream;
  readonly output: OutputStream;

  constructor(making: Promise<Connection>) {
    this.#settled = making.then(
      (made) => this.#settle(made, undefined),
      (error: Error) => this.#settle(undefined, error),
    );
    this.input = {
      ...this.#readiness((made) => made.input),
      read: (into) => this.#use()?.input.read(into) ?? 0,
      available: () => this.#made?.input.available() ?? 0,
      hasEnded: () => this.#made?.input.hasEnded() ?? false,
    };
    this.output = {
      ...this.#readiness((made) => made.output),
      write: (bytes) => this.#use()?.output.write(bytes) ?? 0,
    };
  }

  #settle(made: Connection | undefined, fault: Error | undefined): void {
    this.#made = made;
    this.#fault = fault;
    if (this.#isClosed) made?.close();
    for (const callback of this.#waiting) callback();
    this.#waiting.clear();
  }

  #use(): Connection | undefined {
    if (this.#fault !== undefined) throw new FileError('io', this.#fault.message);
    return this.#made;
  }

  #readiness(of: (made: Connection) => Readiness): Readiness {
    return {
      isReady: () => this.#fault !== undefined || (this.#made !== undefined && of(this.#made).isReady()),
      onReady: (callback) => {
        if (this.#made !== undefined) return of(this.#made).onReady(callback);
        if (this.#fault !== undefined) return nothing;
        this.#waiting.add(callback);
        return { [Symbol.dispose]: () => void this.#waiting.delete(callback) };
      },
    };
  }

  shutdown(ways: { readonly receive: boolean; readonly send: boolean }): void {
    this.#made?.shutdown(ways);
  }

  /** One that is still being made is closed when it is: nobody makes them faster than that. */
  close(): void | Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    if (this.#made !== undefined) return this.#made.close();
    return this.#fault === undefined ? this.#settled : undefined;
  }
}
