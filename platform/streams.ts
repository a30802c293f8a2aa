/** Streams of bytes as WASI 0.2 has them: nothing here waits; whether there is something to wait for, and for how long, is said apart. */

/** Something that is ready now or later. */
export interface Readiness {
  isReady(): boolean;
  /** Calls back once when it may have become ready, never before it returns; disposing ends that. */
  onReady(callback: () => void): Disposable;
}

/** Bytes that come in. Ready when a read gives something: bytes, or the end. */
export interface InputStream extends Readiness {
  /** Gives the bytes read; 0 when there is nothing yet, or nothing any more. */
  read(into: Uint8Array): number;
  /** Bytes that a read would give now, as far as is known. */
  available(): number;
  /** Nothing will come any more. */
  hasEnded(): boolean;
  /** A person types it. */
  readonly isTerminal?: boolean;
}

/** Where bytes go. Ready when a write takes something. */
export interface OutputStream extends Readiness {
  /** Takes bytes, which are only valid during the call; gives how many it took. Throws `FileError` `pipe` when nobody reads any more. */
  write(bytes: Uint8Array): number;
  /** Of the longest message, where each write is one: what a program writes by one call is one write then. */
  readonly messageBytesMax?: () => number | undefined;
  /** It is read while it is written: programs then write line by line. */
  readonly isTerminal?: boolean;
}

/** A two-way connection. */
export interface Connection {
  readonly input: InputStream;
  readonly output: OutputStream;
  shutdown(ways: { readonly receive: boolean; readonly send: boolean }): void;
  /** It may take until what it is made of is through with it. */
  close(): void | Promise<void>;
}

/** Where connections come in. Ready when one is waiting. */
export interface Listener extends Readiness {
  accept(): Connection | undefined;
}
