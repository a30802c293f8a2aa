/** The words between the door for neighbours and its supervisor. Both are the agent's own, and believe each other. */
import type { Want } from './wants.ts';

/** Supervisor to door. */
export type ToDoor =
  /** All that this device is on its way to. */
  | { readonly kind: 'wants'; readonly wants: readonly Want[] }
  /** Why the link that leads out may carry no modules now; without `why` it may. */
  | { readonly kind: 'closed'; readonly why?: string };

/** Door to supervisor. */
export type FromDoor =
  | { readonly kind: 'listening'; readonly port: number }
  /** So much went over an interface for others. */
  | { readonly kind: 'travelled'; readonly bytes: number; readonly via?: string }
  /** Why it does not listen; then it ends. */
  | { readonly kind: 'deaf'; readonly why: string };
