/**
 * The agent's line to its shadow: what is wanted of it comes in, what it says of itself goes out. Beside it travels what its
 * applications have to say to the shore.
 */
import type { CountTravel } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import type { LinkTrouble } from './link-trouble.ts';

export interface ShadowLinkHandlers {
  /** What was wanted last, as far as the device knows: it is told whole where it is otherwise. */
  readonly desired?: object;
  /** The desired state, whole, as it arrived; not yet validated. Called after each connect and on each change. */
  onDesired(desired: unknown): void;
  onConnection(connected: boolean): void;
  /** There is no connection, for this reason; called after each try that came to nothing and after each session. */
  onTrouble(trouble: LinkTrouble): void;
  /** The shore's word on a batch of messages, as it arrived. */
  onBatchAnswer(payload: Uint8Array): void;
  readonly countTravel: CountTravel;
}

export interface ShadowLink {
  /** Connects and goes on reconnecting, with backoff and jitter, until `stop`. */
  start(handlers: ShadowLinkHandlers): void;
  /** Whether the shore notices without reports when this device's connection ends, as it said last. */
  readonly isFollowed: boolean;
  /** Resolves when the shadow service answered; `offline` when there is no connection or it went away meanwhile. */
  report(report: Report): Promise<'accepted' | 'rejected' | 'offline'>;
  /** Sends a part of a batch of messages; true when the broker has it. */
  sendBatchPart(part: Uint8Array): Promise<boolean>;
  /** The parcel that is ordered; undefined where it does not come over the session, or there is none. */
  orderParcel(order: Uint8Array): Promise<Uint8Array | undefined>;
  /** Something was seen that may end a gap, or have ended a session unnoticed: tries now, or sees whether it still holds. */
  lookAgain(): void;
  stop(): Promise<void>;
}
