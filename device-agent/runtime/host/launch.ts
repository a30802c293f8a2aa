import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import type { RunEnd } from './restart.ts';

/** What a run tells while it goes on. */
export interface RunHandlers {
  onStarted(): void;
  /** Something is in the output ring. */
  onOutput(): void;
  /** Called once. A stopped run does not call it. */
  onEnd(end: RunEnd): void;
}

/** One run of an application in a thread of its own. */
export interface Run {
  /** Ends it wherever it is, even in an endless loop; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Starts a thread that runs the application, printing into the ring. */
export type Launch = (
  application: DeployedApplication & { readonly modulePath: string },
  output: SharedArrayBuffer,
  handlers: RunHandlers,
) => Run;
