/** The words between the door for neighbours and its supervisor. Both are the agent's own, and believe each other. */
import type { Want } from './wants.ts';

/** Supervisor to door: all that this device is on its way to. */
export interface ToDoor {
  readonly kind: 'wants';
  readonly wants: readonly Want[];
}

/** Door to supervisor. */
export type FromDoor =
  | { readonly kind: 'listening'; readonly port: number }
  /** Why it does not listen; then it ends. */
  | { readonly kind: 'deaf'; readonly why: string };
