/** Who tells what is known of devices: the controller, asked now. */
import type { DeviceStatus, KeptRow, StatusDocument } from '../schemas/generated/types.ts';
import type { CommandContext } from './command.ts';
import { fetchDevices, fetchEveryDevice, fetchStatus } from './fetch-status.ts';

/** All devices of some fleets, and the rows that the controller keeps of them, others' maybe too. */
export interface ToldFleets extends Pick<StatusDocument, 'asOf' | 'deploymentKey' | 'devices'> {
  readonly rows: readonly KeptRow[];
}

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
  /** These fleets, which the revision in force names. Throws as `status`. */
  readonly fleets: (names: readonly string[]) => Promise<ToldFleets>;
}

async function fetchFleetsKept(context: CommandContext, names: readonly string[]): Promise<ToldFleets> {
  const told: StatusDocument[] = [];
  for (const name of names) told.push(await fetchEveryDevice(context, { target: `fleet/${name}`, withRows: true }));
  const { asOf, deploymentKey } = told.at(-1)!;
  return {
    ...{ asOf, ...(deploymentKey !== undefined && { deploymentKey }) },
    devices: told.flatMap(({ devices }) => devices),
    rows: told.flatMap(({ rows = [] }) => rows),
  };
}

/** Of the controller that the settings name. */
export function controllersWord(context: CommandContext): ShoreWord {
  return {
    ...{ now: context.clock.now(), isLive: true },
    status: () => fetchStatus(context),
    devices: (names) => fetchDevices(context, names),
    fleets: (names) => fetchFleetsKept(context, names),
  };
}
