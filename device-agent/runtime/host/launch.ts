import type { InputStream, OutputStream } from '../../../platform/streams.ts';
import type { HostedApplication } from '../protocol.ts';
import type { RunEnd } from '../run-end.ts';

/** What a run tells while it goes on. */
export interface RunHandlers {
  onStarted(): void;
  /** Of one that is called for its events: it was started, and nothing of it runs. */
  onReady?(): void;
  /** Something that it printed; the bytes are only valid during the call. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Called once. A stopped run does not call it. */
  onEnd(end: RunEnd): void;
}

/** One run of an application. */
export interface Run {
  /** Ends it wherever it is, even in an endless loop; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
  /**
   * Calls the handler of one that is ready; how that ended, undefined where it was stopped. An end besides that of a call that
   * returned is its own as well.
   */
  handle(event: EventInput): Promise<RunEnd | undefined>;
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

/** Starts a run of the application; where its instances are kept, one that is called for its events. */
export type Launch = (application: HostedApplication, handlers: RunHandlers, event?: EventInput) => Run;
