import { deployedModules } from '../../schemas/deployed-modules.ts';
import type { Deployment, LinkedModule } from '../../schemas/generated/types.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import { targetPath } from './agreement.ts';
import type { FetchMemory } from './fetch-memory.ts';

/** What is to be fetched. */
export interface Wanted {
  readonly deployment: Deployment;
  /** What the deployment was taken out of, to be judged again by the keys that are named when it is installed. */
  readonly envelope: string;
  /** What is installed already agreed with the signed releases then; bringing its modules again needs no new consent. */
  readonly isInstalled: boolean;
  /** Names of releases of which another is there: one of these may have to come by a delta. */
  readonly updates: readonly string[];
  readonly memory: FetchMemory;
}

/** Every release that a deployment has, once. */
export function modulesOf({ applications }: Deployment): readonly LinkedModule[] {
  const modules = applications.flatMap(deployedModules);
  return [...new Map(modules.map((module) => [targetPath(module), module])).values()];
}

/** One of those for each module that is not there, or not whole. */
export function missingModules(store: ModuleStore, deployment: Deployment): readonly LinkedModule[] {
  const byDigest = new Map(modulesOf(deployment).map((module) => [module.sha256, module]));
  return [...byDigest.values()].filter(({ sha256, length }) => store.condition(sha256, length) !== 'intact');
}
