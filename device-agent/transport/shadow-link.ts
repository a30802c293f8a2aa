/**
 * The agent's line to its shadow: what is wanted of it comes in, what it says of itself goes out. Beside it travels what its
 * applications have to say to the shore.
 */
import type { CountTravel } from '../../platform/ports.ts';
import type { Asks, Report } from '../../schemas/generated/types.ts';
import type { LinkTrouble } from './link-trouble.ts';

/** What became of a report; `offline` when there is no connection or it went away meanwhile. */
export type ReportFate = 'accepted' | 'rejected' | 'offline';

export interface ShadowLinkHandlers {
  /** What was wanted last, as far as the device knows: it is told whole where it is otherwise. */
  readonly desired?: object;
  /** The desired state, whole, as it arrived; not yet validated. Called after each connect and on each change. */
  onDesired(desired: unknown): void;
  /** `through` names the gateway that the connection goes through, if it does. */
  onConnection(connected: boolean, through?: string): void;
  /** There is no connection, for this reason; called after each try that came to nothing and after each session. */
  onTrouble(trouble: LinkTrouble): void;
  /** The shore's word on a batch of messages, as it arrived. */
  onBatchAnswer(payload: Uint8Array): void;
  readonly countTravel: CountTravel;
}

/** Told by a link that has no sessions, besides. */
export interface AskingLinkHandlers extends ShadowLinkHandlers {
  /** Now is the time to report; resolves when that was tried. */
  onOccasion(): Promise<void>;
  /** The shore has answered; `through` as of a connection. */
  onContact(through?: string): void;
  /** Parts of batches go now, or no longer. */
  onOutlet(isOpen: boolean): void;
}

export interface ShadowLink {
  /** Connects and goes on reconnecting, with backoff and jitter, until `stop`. */
  start(handlers: AskingLinkHandlers): void;
  /** Whether the shore notices without reports when this device's connection ends, as it said last. */
  readonly isFollowed: boolean;
  /** How it asks, where it has no sessions. */
  readonly asks?: Asks | undefined;
  /** Resolves when the shore answered. */
  report(report: Report): Promise<ReportFate>;
  /** Sends a part of a batch of messages; true when the broker has it. */
  sendBatchPart(part: Uint8Array): Promise<boolean>;
  /** The parcel that is ordered; undefined where it does not come over the session, or there is none. */
  orderParcel(order: Uint8Array): Promise<Uint8Array | undefined>;
  /** Something was seen that may end a gap, or have ended a session unnoticed: tries now, or sees whether it still holds. */
  lookAgain(): void;
  /** Somebody wants it to be in touch now; says in how many milliseconds it tries. */
  wake(): number;
  /** Without a session: there is something to say that should not wait for the next occasion. */
  unsaid?(): void;
  stop(): Promise<void>;
}
