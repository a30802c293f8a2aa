/** What `fleet run --app` asks of the process that runs the application, and what that answers: plain JSON, over the channel between them. */
import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import type { HostedApplication } from '../protocol.ts';

/** A file; without a path the standard streams of the terminal. */
export interface StreamPlace {
  readonly path?: string;
}

/** One run of one application. */
export interface ApplicationRequest {
  /** As its device would be told of it. */
  readonly application: HostedApplication;
  /** What it keeps, and its log. */
  readonly stateDirectory: string;
  /** By the channels that it reads; `scheduleEvents` instead of the times of its schedule. A line is an event. */
  readonly events: Readonly<Record<string, StreamPlace>>;
  /** Where the messages go that it writes, by channel; printed where it is not said. */
  readonly outputs: Readonly<Record<string, StreamPlace>>;
  /** Where it answers requests; 0 is any port. */
  readonly port: number;
  readonly timeLimitMs?: number;
}

/** Stands for the times of a schedule among the sources of events. */
export const scheduleEvents = 'schedule';

/** Ends a run early; it still answers. */
export const interruptMessage = 'interrupt';

/** How a run went. With a trigger it is the last event that failed, where one did. */
export type ApplicationEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** All events were handled well. */
  | { readonly kind: 'handled' }
  | {
      readonly kind: 'trapped' | 'out-of-fuel' | 'out-of-memory' | 'time-limit' | 'refused' | 'failed' | 'interrupted';
      readonly message: string;
    };

/** Messages of one channel, and their bytes. */
export interface ChannelUse {
  readonly messages: number;
  readonly bytes: number;
}

/** What a run took. */
export interface ApplicationUse {
  /** Programs that were started: one for each event. */
  readonly runs: number;
  readonly fuel: number;
  /** Of the one that took most. */
  readonly peakMemoryBytes: number;
  readonly in: Readonly<Record<string, ChannelUse>>;
  readonly out: Readonly<Record<string, ChannelUse>>;
  readonly events?: ApplicationReport['events'];
  readonly facts?: ApplicationReport['facts'];
  /** On the disk at its end. */
  readonly dataBytes?: number;
  readonly kvBytes?: number;
}

/** The answer. */
export interface ApplicationOutcome {
  readonly end: ApplicationEnd;
  readonly use: ApplicationUse;
}
