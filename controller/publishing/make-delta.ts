import { fileURLToPath } from 'node:url';
import { type DeltaEffort, encodeDelta } from '../../artifact/delta/encode.ts';
import { nothing } from '../../artifact/delta/from-nothing.ts';
import type { Threads } from '../../platform/ports.ts';

/** Two files and how hard to try. */
export interface DeltaTask {
  readonly old: Uint8Array;
  readonly fresh: Uint8Array;
  readonly effort: DeltaEffort;
  /** Only methods that a weak device decodes fast. */
  readonly light: boolean;
}

/** What is being done, and how much of the whole is done, from 0 to 1. */
export interface DeltaProgress {
  readonly step: string;
  readonly done: number;
}

const thread = fileURLToPath(new URL('delta-thread.ts', import.meta.url));

/** Makes a patch on a thread of its own. */
export function makeDelta(
  threads: Threads,
  task: DeltaTask,
  signal: AbortSignal,
  onProgress: (progress: DeltaProgress) => void = () => {},
): Promise<Uint8Array> {
  return threads.run<DeltaProgress, Uint8Array>(thread, task, onProgress, signal);
}

/** Makes a patch from one release to another for devices, as hard as their sizes allow unless it is told. Rejects when it can't, or when `signal` aborts. */
export type MakeReleaseDelta = (
  old: Uint8Array,
  fresh: Uint8Array,
  signal: AbortSignal,
  effort?: DeltaEffort,
) => Promise<Uint8Array>;

/** Above this many bytes of both modules together the encoder takes minutes at its usual effort. */
const balancedBytesMax = 64 * 1024 * 1024;

function effortFor(old: Uint8Array, fresh: Uint8Array): DeltaEffort {
  return old.length + fresh.length <= balancedBytesMax ? 'balanced' : 'fast';
}

/** Beside the event loop. */
export function deltaInBackground(threads: Threads): MakeReleaseDelta {
  return (old, fresh, signal, effort = effortFor(old, fresh)) =>
    makeDelta(threads, { old, fresh, effort, light: false }, signal);
}

/** At once: for runs that must be the same every time. */
export const deltaAtOnce: MakeReleaseDelta = async (old, fresh, _signal, effort = effortFor(old, fresh)) =>
  encodeDelta(old, fresh, { effort });

/** Makes a patch from nothing to a release. */
export type Condense = (fresh: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** Beside the event loop. */
export function condenseInBackground(threads: Threads): Condense {
  return (fresh, signal) => makeDelta(threads, { old: nothing, fresh, effort: 'balanced', light: false }, signal);
}

/** At once: for runs that must be the same every time. */
export const condenseAtOnce: Condense = async (fresh) => encodeDelta(nothing, fresh);
