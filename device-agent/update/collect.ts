import { deployedModules } from '../../schemas/deployed-modules.ts';
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import type { ApplicationDirectories } from '../runtime/grants/application-directories.ts';
import type { PreparedStore } from '../runtime/prepare/prepared-store.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import type { Slots } from './slots.ts';
import { heldSlots, type Memory, type Slot } from './state.ts';

/** The applications of all held deployments; undefined when the envelope of one can't be read. */
function heldApplications(slots: Slots, memory: Memory): readonly DeployedApplication[] | undefined {
  const deployments = heldSlots(memory).map((slot) => slots.load(slot));
  if (deployments.includes(undefined)) return undefined;
  return deployments.flatMap((deployment) => deployment?.applications ?? []);
}

function modulesOf(applications: readonly DeployedApplication[]): ReadonlySet<string> {
  return new Set(applications.flatMap(deployedModules).map(({ sha256 }) => sha256));
}

/** The digests of each application's own modules, one for each release of it that is held. */
function ownModules(applications: readonly DeployedApplication[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = Map.groupBy(applications, ({ name }) => name);
  return new Map([...byName].map(([name, releases]) => [name, new Set(releases.map(({ sha256 }) => sha256))]));
}

/** Names of the applications that a held deployment has; undefined when the envelope of one can't be read. */
export function heldNames(slots: Slots, memory: Memory): ReadonlySet<string> | undefined {
  const applications = heldApplications(slots, memory);
  return applications && new Set(applications.map(({ name }) => name));
}

/** Digests of the modules that must stay; undefined when the envelope of a held deployment can't be read. */
export function heldModules(slots: Slots, memory: Memory): ReadonlySet<string> | undefined {
  const applications = heldApplications(slots, memory);
  return applications && modulesOf(applications);
}

/** Names of releases of which a deployment that is held beside this one has one: another of these is an update. */
export function updatedNames(slots: Slots, memory: Memory, { sequence }: Slot): readonly string[] {
  const others = heldSlots(memory).filter((slot) => slot.sequence !== sequence);
  const applications = others.flatMap((slot) => slots.load(slot)?.applications ?? []);
  return [...new Set(applications.flatMap(deployedModules).map(({ name }) => name))];
}

/**
 * Removes the modules and envelopes that no held deployment needs, and what applications kept that none of them has. When it
 * is not known what one needs, nothing is removed.
 */
export function collectGarbage(
  files: {
    readonly store: ModuleStore;
    readonly prepared: PreparedStore;
    readonly kept: ApplicationDirectories;
    readonly slots: Slots;
  },
  memory: Memory,
): void {
  const applications = heldApplications(files.slots, memory);
  if (applications === undefined) return;
  const modules = modulesOf(applications);
  files.store.collect(modules);
  files.prepared.collect(modules);
  files.kept.collect(ownModules(applications));
  files.slots.collect(heldSlots(memory));
}
