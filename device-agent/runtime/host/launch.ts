import type { InputStream, OutputStream } from '../../../platform/streams.ts';
import type { HostedApplication } from '../protocol.ts';
import type { RunEnd } from '../run-end.ts';

/** What a run tells while it goes on. */
export interface RunHandlers {
  onStarted(): void;
  /** Something that it printed; the bytes are only valid during the call. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Called once. A stopped run does not call it. */
  onEnd(end: RunEnd): void;
}

/** One run of an application. */
export interface Run {
  /** Ends it wherever it is, even in an endless loop; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
  /** Puts the modules linked to the application in the place of its own; false where that takes a new start. */
  relink(application: HostedApplication): Promise<boolean>;
  /** Bytes of its memory and the fuel it has spent, now or at its end. */
  usage(): { readonly memoryBytes: number; readonly fuelSpent: number };
}

/** What a run is about, where it is one of many. */
export interface EventInput {
  readonly stdin: InputStream;
  /** Where its answer goes instead of the log. */
  readonly stdout?: OutputStream;
  /** Beside the application's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a run of the application. */
export type Launch = (application: HostedApplication, handlers: RunHandlers, event?: EventInput) => Run;
