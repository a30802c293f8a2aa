/** What a fleet's rollout says of modules that come whole, as its devices are told it. */
import type { DeployedWholeModules, FleetRollout } from '../../schemas/generated/types.ts';

/** Nothing where they may: devices do so unless they are told otherwise, and some know no other way. */
export function deployedWholeModules(rollout: FleetRollout | undefined): {
  readonly wholeModules?: DeployedWholeModules;
} {
  const { wholeModules = 'allow' } = rollout?.bytes ?? {};
  return wholeModules === 'allow' ? {} : { wholeModules };
}
