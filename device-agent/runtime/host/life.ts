import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import type { HostedApplication, Usage } from '../protocol.ts';

/** An application that lives in this process, from when it may begin until it is stopped. */
export interface Life {
  readonly application: HostedApplication;
  /** Starts it once no other process runs it; resolves then. */
  begin(): Promise<void>;
  /** Resolves when it does not run any more, nor ever will again. */
  stop(): Promise<void>;
  /** Goes on with the modules that are linked to `next`, which differs in them alone; false where that takes a new start. */
  relink(next: HostedApplication): Promise<boolean>;
  report(): ApplicationReport;
  /** What it takes now; fuel per second since it was asked before. */
  usage(): Usage;
}
