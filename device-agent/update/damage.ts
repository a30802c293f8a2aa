import { deployedModules } from '../../schemas/deployed-modules.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import type { Problem } from '../problem.ts';
import { mendIfPossible } from '../storage/mend.ts';
import type { ModuleStore } from '../storage/module-store.ts';

/** That no copy of a deployment's envelope is what was accepted. */
export function deploymentDamage(sequence: number): Problem {
  return { code: 'DEPLOYMENT_DAMAGED', message: `deployment ${sequence} is damaged on disk`, sequence };
}

/** Digests of modules that are not whole; what is known to be damaged makes room for what is fetched in its place. */
export function dropDamagedModules(store: ModuleStore, deployment: Deployment): ReadonlySet<string> {
  const damaged = new Set<string>();
  for (const { sha256, length } of deployment.applications.flatMap(deployedModules)) {
    if (damaged.has(sha256)) continue;
    const condition = store.condition(sha256, length);
    if (condition === 'intact') continue;
    damaged.add(sha256);
    if (condition === 'damaged') mendIfPossible(() => store.remove(sha256));
  }
  return damaged;
}

/** That these modules of it are not whole. */
export function moduleDamage({ sequence, applications }: Deployment, damaged: ReadonlySet<string>): Problem {
  const names = applications
    .flatMap(deployedModules)
    .filter(({ sha256 }) => damaged.has(sha256))
    .map(({ name, version }) => `${name} ${version}`);
  const message = `on disk the module of ${names.join(', ')} is damaged or gone; it is fetched again`;
  return { code: 'MODULE_DAMAGED', message, sequence };
}
