import type { DeployedWindows, FleetWindows, WindowSpecs } from '../../schemas/generated/types.ts';
import { secondsOf } from './duration.ts';

/** Windows as a device is told them: it knows no defaults. */
export function windowsTold(specs: WindowSpecs): NonNullable<DeployedWindows['fetch']> {
  return specs.map(({ cron, duration, timeZone = 'UTC' }) => ({ cron, seconds: secondsOf(duration), timeZone }));
}

/** The windows of a fleet, if it has any, as a device is told them: it knows no defaults. */
export function deployedWindows(windows: FleetWindows | undefined): { readonly windows?: DeployedWindows } {
  if (windows === undefined) return {};
  const { fetch, activate } = windows;
  const told = {
    ...(fetch === undefined ? {} : { fetch: windowsTold(fetch) }),
    ...(activate === undefined ? {} : { activate: windowsTold(activate) }),
  };
  return { windows: told };
}
