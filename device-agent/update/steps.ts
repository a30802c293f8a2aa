import type { Memory, Slot } from './state.ts';

/**
 * All that the engine can have done, as data. `commit` is the only step that changes what it remembers; steps before it
 * prepare what the new memory refers to, steps after it act on what is then durable.
 */
export type Step =
  /** Writes an envelope where its slot finds it, durably. */
  | { readonly kind: 'keep-envelope'; readonly slot: Slot; readonly envelope: string }
  | { readonly kind: 'commit'; readonly memory: Memory }
  /** Checks a deployment against the signed releases and brings what it lacks, while its gates are open; ends any other fetch. */
  | { readonly kind: 'fetch'; readonly slot: Slot }
  /** Tells when nothing is in the way of activating a deployment that was fetched. */
  | { readonly kind: 'await-moment'; readonly slot: Slot }
  /** Brings modules of the last good deployment that are damaged, beside any fetch. */
  | { readonly kind: 'repair'; readonly slot: Slot }
  /**
   * Checks every module again and runs the deployment; the last resort runs what is intact of it. State of applications is handed over
   * from `before`, the deployment in whose place it is tried.
   */
  | { readonly kind: 'activate'; readonly slot: Slot; readonly lastResort: boolean; readonly before?: Slot }
  /** Runs nothing. */
  | { readonly kind: 'clear' }
  /** Judges the applications of a deployment on probation. */
  | { readonly kind: 'watch'; readonly slot: Slot }
  | { readonly kind: 'unwatch' }
  /** Reads again what lies on disk for the next start, and has mended what rotted. */
  | { readonly kind: 'scrub' }
  /** Removes every file that no held deployment needs. */
  | { readonly kind: 'collect' };
