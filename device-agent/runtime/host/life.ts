import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import type { Answered } from '../app-runtime.ts';
import type { HostedApplication, Usage } from '../protocol.ts';
import type { EventQueue } from './events/event-queue.ts';

/** How an application is stopped. */
export interface StopTerms {
  /** How long an event has to come to its end, in milliseconds, where the state of who handles it is kept. */
  readonly lastEventMsMax: number;
  /** What runs in its place. */
  readonly next?: HostedApplication | undefined;
}

/** An application that lives in this process, from when it may begin until it is stopped. */
export interface Life {
  readonly application: HostedApplication;
  /** Starts it once no other process runs it; resolves then. */
  begin(): Promise<void>;
  /** Resolves when it does not run any more, nor ever will again; with what still waits for it, where that is for `next` to take. */
  stop(terms: StopTerms): Promise<EventQueue | undefined>;
  /** Goes on with the modules that are linked to `next`, which differs in them alone; false where that takes a new start. */
  relink(next: HostedApplication): Promise<boolean>;
  /** Calls a function that its kept instance exports, between two events; what it gives, or why nothing. */
  call(name: string): Promise<Answered>;
  /** Writes down what it gathered of its log. */
  writeLog(): void;
  report(): ApplicationReport;
  /** What it takes now; fuel per second since it was asked before. */
  usage(): Usage;
}
