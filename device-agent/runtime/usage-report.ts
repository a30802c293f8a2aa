import type { ApplicationUsage, DeployedApplication } from '../../schemas/generated/types.ts';
import { keptUsage } from './grants/kept-usage.ts';
import { memoryBytesOfAll } from './limits.ts';
import type { Usage } from './protocol.ts';

/** What a running application takes against what it may, as reports say it. */
export function usageReport(
  application: Pick<DeployedApplication, 'limits' | 'events' | 'data' | 'kv'>,
  usage: Usage,
): ApplicationUsage {
  const { memoryBytes, fuelPerSecond } = usage;
  return {
    memoryBytes,
    memoryBytesMax: memoryBytesOfAll(application),
    fuelPerSecond,
    ...keptUsage(application, usage),
  };
}
