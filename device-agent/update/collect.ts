import type { ModuleStore } from '../storage/module-store.ts';
import type { Slots } from './slots.ts';
import { heldSlots, type Memory } from './state.ts';

/**
 * Removes the modules and envelopes that no held deployment needs. When the envelope of a held one can't be read, nothing
 * is removed: what it needs is then not known.
 */
export function collectGarbage(files: { readonly store: ModuleStore; readonly slots: Slots }, memory: Memory): void {
  const held = heldSlots(memory);
  const modules = new Set<string>();
  for (const slot of held) {
    const deployment = files.slots.load(slot);
    if (deployment === undefined) return;
    for (const { sha256 } of deployment.applications) modules.add(sha256);
  }
  files.store.collect(modules);
  files.slots.collect(held);
}
