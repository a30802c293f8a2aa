import { deployedModules } from '../../schemas/deployed-modules.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import type { Slots } from './slots.ts';
import { type Memory, targetOf } from './state.ts';

/** Whether the deployment that the device is on its way to has a module that is not there; false of any other. */
export function lacksModules(store: ModuleStore, slots: Slots, memory: Memory, sequence: number): boolean {
  const target = targetOf(memory.engine);
  const applications = target?.sequence === sequence ? (slots.load(target)?.applications ?? []) : [];
  return applications.flatMap(deployedModules).some(({ sha256, length }) => store.bytesOf(sha256) !== length);
}
