import type { Snapshot } from '../../../artifact/snapshot/snapshot.ts';
import type { InputStream, OutputStream } from '../../../platform/streams.ts';
import type { HostedApplication } from '../protocol.ts';
import type { RunEnd } from '../run-end.ts';
import type { KeptState } from '../snapshot/kept-state.ts';

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
  /** The function that a kept instance is called at; without it, its handler. */
  readonly function?: string;
  /** Beside the application's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a run of the application. */
export type Launch = (application: HostedApplication, handlers: RunHandlers, event?: EventInput) => Run;

/** What an instance that is kept tells. */
export interface KeptHandlers extends Omit<RunHandlers, 'onStarted'> {
  /** It was started, and nothing of it runs: it can be called. */
  onReady(): void;
  /** The state that it was to go on from does not fit, for this reason: it was started afresh. */
  onAfresh(reason: string): void;
}

/** The state of an instance between two calls, or why it has none that could be carried over. */
export type Captured =
  | { readonly kind: 'captured'; readonly snapshot: Snapshot }
  | { readonly kind: 'refused'; readonly message: string };

/** What a module has written of its own state, or why it has not. */
export type Exported =
  | { readonly kind: 'exported'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly message: string };

/** An instance that was started once and is called for one event after the other, one at a time. */
export interface KeptRun extends Run {
  /**
   * Calls its handler; how that ended, undefined where it was stopped. An end besides that of a call that returned is told as its
   * own as well.
   */
  handle(event: EventInput): Promise<RunEnd | undefined>;
  /** Its state; not while it is called. */
  capture(): Promise<Captured>;
  /** Has it write its state by itself; not while it is called. */
  exportState(bytesMax: number): Promise<Exported>;
}

/** Starts an instance that is kept; `state` is what it goes on from. */
export type LaunchKept = (application: HostedApplication, handlers: KeptHandlers, state?: KeptState) => KeptRun;

/** Starts what an application runs. */
export interface Launcher {
  readonly launch: Launch;
  readonly keep: LaunchKept;
}
