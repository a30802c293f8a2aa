/** Which engine keeps the state, by what is configured. */
import type { Clock, Disk, Log } from '../../platform/ports.ts';
import type { StatePlace } from './leadership.ts';
import { openSqlitePlace } from './sqlite/sqlite-place.ts';

/** Where the state is to be kept, and by whom. */
export interface PlaceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly disk: Disk;
  /** Of a PostgreSQL database; without it the state is a file of this controller alone. */
  readonly url?: string;
  readonly file: string;
  /** What others are told when this controller leads. */
  readonly name: string;
  /** Whether there is anything of a controller that ran here before. */
  readonly wasLed: boolean;
}

/** Opens or creates the place. Throws `StateError`; a database that can't be reached is waited for. */
export async function openStatePlace(options: PlaceOptions, signal: AbortSignal): Promise<StatePlace> {
  const { url, file, disk, name, wasLed } = options;
  if (url === undefined) return openSqlitePlace(file, disk, name, wasLed);
  const { openPostgresPlace } = await import('./postgres/postgres-place.ts');
  return openPostgresPlace({ ...options, url }, signal);
}
