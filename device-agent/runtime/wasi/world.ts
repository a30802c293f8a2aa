import type { OpenDirectory } from '../primitives/open-directory.ts';
import type { Connection, InputStream, Listener, OutputStream } from '../primitives/streams.ts';
import type { Wait } from '../primitives/waiting.ts';

/** All that an application can learn of the outside or do to it. */
export interface GuestWorld {
  /** The program's name first. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Directories by the path under which the program finds them; closed with the instance. */
  readonly directories: Readonly<Record<string, OpenDirectory>>;
  /** Sockets behind the directories, in this order. */
  readonly sockets?: readonly (Connection | Listener)[];
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since an arbitrary start, with fractions. */
  monotonic(): number;
  random(length: number): Uint8Array;
  readonly wait: Wait;
  /** The calls of `suspending` may answer with promises; false where every call must answer at once. */
  readonly canSuspend: boolean;
}

/** Thrown through the guest when it calls proc_exit, where the guest cannot be suspended instead. */
export class ProgramExit extends Error {
  /** As the program gave it, between -2^31 and 2^31 - 1. */
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.name = 'ProgramExit';
    this.exitCode = exitCode;
  }
}
