import type { Connection, InputStream, Listener, OutputStream } from '../../../platform/streams.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
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
  /** Lets others have the thread where this program's turn is over; undefined where it goes on at once. */
  readonly giveWay?: () => Promise<void> | undefined;
  /** Called before its descriptors are closed where it did not come to its own end: what it was about to say is not said. */
  readonly abandon?: () => void;
  /** Keeps a program that has called proc_exit from running on. */
  readonly leave: Leave;
}

/**
 * How a program is kept from running on when it has called proc_exit; what is thrown through it, a program may catch. Where
 * it has a meter, the host empties that and returns: the meter traps, which nothing catches. Where it can be suspended,
 * it is, for ever. Where neither is possible the exit is thrown, and thrown again by every later call.
 */
export type Leave = (exit: ProgramExit) => Promise<never> | undefined;

/** Throws the exit. */
export const leaveByThrowing: Leave = (exit) => {
  throw exit;
};

/** Suspends the program and never wakes it; what it holds goes with the last reference to it. */
export const leaveBySuspending: Leave = () => new Promise(() => {});

/** A program's own end, by proc_exit. */
export class ProgramExit extends Error {
  /** As the program gave it, between -2^31 and 2^31 - 1. */
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.name = 'ProgramExit';
    this.exitCode = exitCode;
  }
}
