import type { TreeDirectory } from './file-tree.ts';

/** All that an application can learn of the outside or do to it. */
export interface GuestWorld {
  /** The program's name first. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Directories by the path under which the program finds them. */
  readonly directories: Readonly<Record<string, TreeDirectory>>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since an arbitrary start, with fractions. */
  monotonic(): number;
  random(length: number): Uint8Array;
  /** Resolves after that time. */
  wait(delayMs: number): Promise<void>;
  /** Takes bytes that are only valid during the call. */
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
}

/** A system call: WebAssembly values in, an error number out, later where it waits. */
export type SystemCall = (...values: never[]) => number | undefined | Promise<number>;

/** Calls by their names in `wasi_snapshot_preview1`. */
export type SystemCalls = Readonly<Record<string, SystemCall>>;

/** Thrown through the guest when it calls proc_exit. */
export class ProgramExit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.name = 'ProgramExit';
    this.exitCode = exitCode;
  }
}
