import type { DeployedApplication, LinkedModule } from './generated/types.ts';

/** All modules that a deployed application consists of: its own, then those that are linked to it. */
export function deployedModules(
  application: Pick<DeployedApplication, 'name' | 'version' | 'sha256' | 'length' | 'links'>,
): readonly LinkedModule[] {
  const { name, version, sha256, length, links = {} } = application;
  return [{ name, version, sha256, length }, ...Object.values(links)];
}
