/** Who tells what is known of devices: the controller, asked now. */
import type { DeviceStatus, StatusDocument } from '../schemas/generated/types.ts';
import type { CommandContext } from './command.ts';
import { fetchDevices, fetchStatus } from './controller-client.ts';

/** What the shore knows, whoever tells it. */
export interface ShoreWord {
  /** By which holds and silences are reckoned, in milliseconds since the epoch. */
  readonly now: number;
  /** Whether the controller answers other questions too. */
  readonly isLive: boolean;
  /** What it tells of all. Throws `CommandError` where it tells nothing. */
  readonly status: () => Promise<StatusDocument>;
  /** Devices by name; those that it does not know are absent. Throws as `status`. */
  readonly devices: (names: readonly string[]) => Promise<readonly DeviceStatus[]>;
}

/** Of the controller that the settings name. */
export function controllersWord(context: CommandContext): ShoreWord {
  return {
    ...{ now: context.clock.now(), isLive: true },
    status: () => fetchStatus(context),
    devices: (names) => fetchDevices(context, names),
  };
}
