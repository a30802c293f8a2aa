import type { PreparedStore } from '../runtime/prepare/prepared-store.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import type { Slots } from './slots.ts';
import { heldSlots, type Memory } from './state.ts';

/** Digests of the modules that must stay; undefined when the envelope of a held deployment can't be read. */
export function heldModules(slots: Slots, memory: Memory): ReadonlySet<string> | undefined {
  const modules = new Set<string>();
  for (const slot of heldSlots(memory)) {
    const deployment = slots.load(slot);
    if (deployment === undefined) return undefined;
    for (const { sha256 } of deployment.applications) modules.add(sha256);
  }
  return modules;
}

/**
 * Removes the modules and envelopes that no held deployment needs. When it is not known what one needs, nothing is removed.
 */
export function collectGarbage(
  files: { readonly store: ModuleStore; readonly prepared: PreparedStore; readonly slots: Slots },
  memory: Memory,
): void {
  const modules = heldModules(files.slots, memory);
  if (modules === undefined) return;
  files.store.collect(modules);
  files.prepared.collect(modules);
  files.slots.collect(heldSlots(memory));
}
