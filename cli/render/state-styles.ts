import type { BrokerStatus, DeviceStatus, FleetStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { StyleName } from './style.ts';

/** The colour of a state, everywhere the same. */
export const stateStyles: Readonly<
  Record<DeviceStatus['state'] | SourceStatus['state'] | FleetStatus['state'] | BrokerStatus['state'], StyleName>
> = {
  running: 'green',
  current: 'green',
  converged: 'green',
  progressing: 'cyan',
  failed: 'red',
  refused: 'red',
  dark: 'magenta',
  unknown: 'gray',
  stale: 'magenta',
  removed: 'gray',
  unreachable: 'yellow',
  refusing: 'yellow',
  reached: 'green',
  empty: 'yellow',
  pending: 'yellow',
};
