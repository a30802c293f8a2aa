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
  /**
   * Called by proc_exit, with the code as the program gave it, between -2^31 and 2^31 - 1: keeps the program from running on
   * when it comes back from that. The host empties its meter, which then traps: what is thrown, a program may catch.
   */
  readonly leave: (exitCode: number) => undefined;
}
