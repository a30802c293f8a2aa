/** How a fleet wants its changes to roll out, with every default filled in. Times in milliseconds. */
import type { Selector } from '../../../schemas/generated/types.ts';

/** So many devices, or so many of a hundred. */
export type Amount =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** What has to be seen of a wave before the next one starts. */
export interface Gate {
  /** Of the devices that were heard since they were offered it and are through with it, in percent. */
  readonly successPercent: number;
  /** So many have to be heard before it may judge. */
  readonly contacts: Amount;
  /** After so long dark devices hold nobody up. */
  readonly patienceMs: number;
  /** So many failures halt it. */
  readonly failures: Amount;
}

/** A part of a fleet. */
export interface Wave {
  readonly name: string;
  /** Without one any device of the fleet that no wave before it took. */
  readonly selector?: Selector;
  readonly limit?: Amount;
  readonly gate: Gate;
  readonly soakMs: number;
  /** Somebody has to say yes before it starts, or before the next one does. */
  readonly approve?: 'before' | 'after';
}

/** How many devices that belong together may be on their way at once. */
export interface Budget {
  readonly groupBy: { readonly kind: 'site' } | { readonly kind: 'label'; readonly key: string };
  readonly maxUnavailable: number;
}

/** What updates may cost on the link. */
export interface Bytes {
  /** What devices do that have no delta. */
  readonly wholeModules: 'allow' | 'ask' | 'never';
  /** A wave waits for deltas for so long. */
  readonly patienceMs: number;
}

export interface RolloutPolicy {
  /** At least one; the last takes the rest. */
  readonly waves: readonly Wave[];
  readonly budget?: Budget;
  readonly bytes?: Bytes;
  readonly onFailure: 'halt' | 'revert';
}
