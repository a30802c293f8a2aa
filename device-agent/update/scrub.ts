import type { ModuleStore } from '../storage/module-store.ts';
import { deploymentDamage, dropDamagedModules, moduleDamage } from './damage.ts';
import type { EngineEvent } from './decide.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { Slots } from './slots.ts';
import { heldSlots, type Memory } from './state.ts';

/** What is read again, and who is told. */
export interface ScrubWorld {
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly slots: Slots;
  readonly store: ModuleStore;
  readonly emit: (event: EngineEvent) => void;
  memory(): Memory;
}

/**
 * Reads what lies on disk for the next start: a device may run for years without one, and bits rot. A copy that rotted is
 * written anew from its twin before that rots too; a module, which has none, is fetched again. What runs goes on running.
 */
export function scrub({ journal, ledger, slots, store, emit, memory }: ScrubWorld): void {
  const remembered = memory();
  journal.mend(remembered);
  ledger.mend();
  // To load is to mend.
  for (const slot of heldSlots(remembered)) slots.load(slot);
  if (remembered.good === undefined) return;
  const { slot } = remembered.good;
  const { sequence } = slot;
  const deployment = slots.load(slot);
  if (deployment === undefined) {
    emit({ kind: 'damaged', sequence, repairable: false, problem: deploymentDamage(sequence) });
    return;
  }
  const damaged = dropDamagedModules(store, deployment);
  if (damaged.size === 0) return;
  emit({ kind: 'damaged', sequence, repairable: true, problem: moduleDamage(deployment, damaged) });
}
