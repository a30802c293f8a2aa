import { judgeApplication } from '../../artifact/linking/judge-application.ts';
import { moduleUse } from '../../artifact/linking/module-use.ts';
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import { memoryPagesMax } from '../../schemas/memory-limit.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import { DownloadError } from './download-error.ts';

/** Refuses an application whose modules this device would refuse to run: before anything that runs is stopped for it. */
export function requireRunnable(store: ModuleStore, application: DeployedApplication): void {
  const { name, version, sha256, links = {} } = application;
  const linked = Object.entries(links).map(([link, module]) => [link, store.read(module.sha256)] as const);
  const problems = judgeApplication({
    own: store.read(sha256),
    links: new Map(linked),
    use: moduleUse(application),
    memoryPagesMax: memoryPagesMax(application),
  });
  if (problems.length === 0) return;
  const reasons = problems
    .map(({ link, message }) => (link === undefined ? message : `${link}: ${message}`))
    .join('; ');
  throw new DownloadError('MODULE_REFUSED', `${name} ${version} cannot run on this device: ${reasons}`);
}
