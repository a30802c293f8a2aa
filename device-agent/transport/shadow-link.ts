/** The agent's line to its shadow: what is wanted of it comes in, what it says of itself goes out. */
import type { Report } from '../../schemas/generated/types.ts';

export interface ShadowLinkHandlers {
  /** The desired state, whole, as it arrived; not yet validated. Called after each connect and on each change. */
  onDesired(desired: unknown): void;
  onConnection(connected: boolean): void;
}

export interface ShadowLink {
  /** Connects and goes on reconnecting, with backoff and jitter, until `stop`. */
  start(handlers: ShadowLinkHandlers): void;
  /** Resolves when the shadow service answered; `offline` when there is no connection or it went away meanwhile. */
  report(report: Report): Promise<'accepted' | 'rejected' | 'offline'>;
  stop(): Promise<void>;
}
