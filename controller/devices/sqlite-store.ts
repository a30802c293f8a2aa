/** What the controller remembers, in one SQLite file: its devices, and small values of other rooms. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { DeviceEvent, Refusal, Report } from '../../schemas/generated/types.ts';
import type { IssuedDeployment, ObservedDevice } from '../planning/observed.ts';
import { guarded, openDatabase } from './database.ts';
import type { DeviceStore, KeyValueStore } from './device-store.ts';
import { isNewer } from './report-order.ts';

/** Kept of each device; older ones are dropped. */
export const eventsPerDeviceMax = 50;

/** Kept in all; older ones are dropped. */
export const refusalsMax = 500;

/** The same refusal within this time counts once. */
const refusalWindowMs = 60_000;

/** Both stores over one file, so that one transaction can span them. */
export interface ControllerStore extends Disposable {
  readonly devices: DeviceStore;
  readonly values: KeyValueStore;
  close(): void;
}

interface DeviceRow {
  readonly issued: string | null;
  readonly report: string | null;
  readonly contact_at: number | null;
  readonly connected: number | null;
}

/** Statements prepared once, every failure with its code. */
class Connection {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #transactionDepth = 0;

  constructor(path: string) {
    this.#path = path;
    this.#database = openDatabase(path);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return guarded(this.#path, () => Number(this.#statement(sql).run(...values).changes));
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return guarded(this.#path, () => this.#statement(sql).get(...values) as Row | undefined);
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return guarded(this.#path, () => this.#statement(sql).all(...values) as Row[]);
  }

  /** Nested calls join the outermost transaction; whatever is thrown undoes all of it. */
  atomically<T>(work: () => T): T {
    if (this.#transactionDepth > 0) return work();
    this.run('BEGIN IMMEDIATE');
    this.#transactionDepth += 1;
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      // SQLite may have rolled back by itself, for instance when the disk is full.
      if (this.#database.isTransaction) this.run('ROLLBACK');
      throw error;
    } finally {
      this.#transactionDepth -= 1;
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function parsed<T>(text: string | null | undefined): T | undefined {
  return text === null || text === undefined ? undefined : (JSON.parse(text) as T);
}

function observedOf(row: DeviceRow | undefined, events: readonly DeviceEvent[]): ObservedDevice {
  const issued = parsed<IssuedDeployment>(row?.issued);
  const report = parsed<Report>(row?.report);
  const contactAt = row?.contact_at ?? undefined;
  const connected = row?.connected ?? undefined;
  return {
    ...(issued === undefined ? {} : { issued }),
    ...(report === undefined ? {} : { report }),
    ...(contactAt === undefined ? {} : { contactAt }),
    ...(connected === undefined ? {} : { connected: connected === 1 }),
    events,
  };
}

function deviceStore(connection: Connection): DeviceStore {
  const eventsOf = (device: string): DeviceEvent[] =>
    connection
      .all<{ event: string }>('SELECT event FROM events WHERE device = ? ORDER BY id DESC', device)
      .map(({ event }) => JSON.parse(event) as DeviceEvent);
  return {
    observed(device) {
      const row = connection.get<DeviceRow>(
        'SELECT issued, report, contact_at, connected FROM devices WHERE name = ?',
        device,
      );
      return observedOf(row, eventsOf(device));
    },
    names: () => connection.all<{ name: string }>('SELECT name FROM devices ORDER BY name').map(({ name }) => name),
    envelope: (device) =>
      connection.get<{ envelope: string | null }>('SELECT envelope FROM devices WHERE name = ?', device)?.envelope ??
      undefined,
    recordIssued(device, issued, envelope) {
      const changes = connection.run(
        `INSERT INTO devices (name, issued, envelope) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET issued = excluded.issued, envelope = excluded.envelope
         WHERE issued IS NULL OR excluded.issued ->> 'sequence' > issued ->> 'sequence'`,
        device,
        JSON.stringify(issued),
        envelope,
      );
      // A device refuses a sequence that does not grow, so signing one is a fault of this program.
      if (changes === 0) throw new RangeError(`sequence ${issued.sequence} of ${device} does not grow`);
    },
    recordReport(device, report, at) {
      return connection.atomically(() => {
        const kept = connection.get<{ report: string | null }>('SELECT report FROM devices WHERE name = ?', device);
        const previous = typeof kept?.report === 'string' ? (JSON.parse(kept.report) as Report) : undefined;
        if (!isNewer(report, previous)) return false;
        connection.run(
          `INSERT INTO devices (name, report, contact_at) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET report = excluded.report, contact_at = excluded.contact_at`,
          device,
          JSON.stringify(report),
          at,
        );
        return true;
      });
    },
    recordContact(device, at, connected) {
      connection.run(
        `INSERT INTO devices (name, contact_at, connected) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET contact_at = excluded.contact_at, connected = excluded.connected`,
        device,
        at,
        connected === undefined ? null : Number(connected),
      );
    },
    recordEvent(device, event) {
      connection.atomically(() => {
        connection.run('INSERT INTO events (device, event) VALUES (?, ?)', device, JSON.stringify(event));
        connection.run(
          `DELETE FROM events WHERE device = ?1 AND id <=
           (SELECT id FROM events WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
          device,
          eventsPerDeviceMax,
        );
      });
    },
    recordRefusal(refusal) {
      recordRefusal(connection, refusal);
    },
    refusals: () =>
      connection
        .all<{ refusal: string }>('SELECT refusal FROM refusals ORDER BY id DESC')
        .map(({ refusal }) => JSON.parse(refusal) as Refusal),
    forget(device) {
      connection.atomically(() => {
        connection.run('DELETE FROM devices WHERE name = ?', device);
        connection.run('DELETE FROM events WHERE device = ?', device);
      });
    },
  };
}

function recordRefusal(connection: Connection, refusal: Refusal): void {
  const at = Date.parse(refusal.at);
  const subject = JSON.stringify([refusal.device ?? '', refusal.keyFingerprint ?? '', refusal.code]);
  connection.atomically(() => {
    // A clock that jumped back must not silence what happens now, so only the window before `at` counts.
    const last = connection.get<{ at: number }>(
      'SELECT at FROM refusals WHERE subject = ? AND at > ? AND at <= ? LIMIT 1',
      subject,
      at - refusalWindowMs,
      at,
    );
    if (last !== undefined) return;
    connection.run(
      'INSERT INTO refusals (at, subject, refusal) VALUES (?, ?, ?)',
      at,
      subject,
      JSON.stringify(refusal),
    );
    connection.run(
      'DELETE FROM refusals WHERE id <= (SELECT id FROM refusals ORDER BY id DESC LIMIT 1 OFFSET ?)',
      refusalsMax,
    );
  });
}

function keyValueStore(connection: Connection): KeyValueStore {
  return {
    get: (room, key) =>
      connection.get<{ value: Uint8Array }>('SELECT value FROM key_values WHERE room = ? AND key = ?', room, key)
        ?.value,
    set(room, key, value) {
      connection.run(
        `INSERT INTO key_values (room, key, value) VALUES (?, ?, ?)
         ON CONFLICT (room, key) DO UPDATE SET value = excluded.value`,
        room,
        key,
        value,
      );
    },
    delete(room, key) {
      connection.run('DELETE FROM key_values WHERE room = ? AND key = ?', room, key);
    },
    keys: (room) =>
      connection
        .all<{ key: string }>('SELECT key FROM key_values WHERE room = ? ORDER BY key', room)
        .map(({ key }) => key),
    atomically: (work) => connection.atomically(work),
  };
}

/** Opens or creates the store. Throws `DatabaseError` when the file is corrupt, newer than this program, or in use. */
export function openStore(path: string): ControllerStore {
  const connection = new Connection(path);
  // Whoever was connected when the controller stopped is not connected to this one.
  connection.run('UPDATE devices SET connected = 0 WHERE connected = 1');
  const close = () => connection.close();
  return {
    devices: deviceStore(connection),
    values: keyValueStore(connection),
    close,
    [Symbol.dispose]: close,
  };
}
