/**
 * The lease: one row that says who leads, under which epoch, until when. Its times are the database's own; nobody compares
 * them with a clock elsewhere.
 */
import type { Leader } from '../leadership.ts';
import type { Session, Statement } from './session.ts';

/** A leader that was silent for this long leads no more. */
export const leaseMs = 5_000;

/** No answer in this time is none. */
const answerMsMax = 3_000;

/** A leader waits longer: what it does stops with its lease, and what it would lose by starting anew is its devices' connections. */
const renewalMsMax = 2 * leaseMs;

/**
 * Ends the connection of a writer that was silent for too long. One that was stopped between the last bytes of a commit would
 * else hold on to the epoch for as long as it sleeps.
 */
const dismiss: Statement = {
  name: 'dismiss-writer',
  text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity, fleet_lease
    WHERE expires_at <= clock_timestamp() AND datname = current_database() AND usename = current_user
      AND application_name = $1 || epoch`,
};

const writerName = 'fleet-controller, epoch ';

const nameWriter: Statement = { name: 'name-writer', text: "SELECT set_config('application_name', $1, false)" };

const take: Statement = {
  name: 'take-lease',
  text: `UPDATE fleet_lease SET epoch = epoch + 1, holder = $1, expires_at = clock_timestamp() + $2 * interval '1 ms'
    WHERE expires_at <= clock_timestamp() RETURNING epoch`,
};

/** Not waited for on the disk: a database that crashes breaks the connection, and with it the term. */
const renew: Statement = {
  name: 'renew-lease',
  text: `UPDATE fleet_lease SET expires_at = clock_timestamp() + $2 * interval '1 ms'
    WHERE epoch = $1 AND set_config('synchronous_commit', 'off', true) = 'off' RETURNING epoch`,
};

const release: Statement = {
  name: 'release-lease',
  text: 'UPDATE fleet_lease SET expires_at = clock_timestamp() WHERE epoch = $1',
};

const look: Statement = {
  name: 'look-at-lease',
  text: 'SELECT epoch, holder AS name, expires_at > clock_timestamp() AS "isHeld" FROM fleet_lease',
};

/** A `bigint` arrives as text; an epoch is far below what a number holds. */
interface EpochRow {
  readonly epoch: string;
}

/** Begins a term where nobody leads; its epoch, or undefined. */
export async function takeLease(session: Session, name: string): Promise<number | undefined> {
  await session.query(dismiss, [writerName], answerMsMax);
  const [row] = await session.query<EpochRow>(take, [name, leaseMs], answerMsMax);
  return row === undefined ? undefined : Number(row.epoch);
}

/** Makes a connection known as the one that writes under an epoch. */
export async function nameWriterOf(session: Session, epoch: number): Promise<void> {
  await session.query(nameWriter, [`${writerName}${epoch}`], answerMsMax);
}

/** Leads on, also after the lease ran out, as long as nobody else began; false when somebody did. */
export async function renewLease(session: Session, epoch: number): Promise<boolean> {
  return (await session.query(renew, [epoch, leaseMs], renewalMsMax)).length > 0;
}

/** Lets another lead at once. */
export async function releaseLease(session: Session, epoch: number): Promise<void> {
  await session.query(release, [epoch], answerMsMax);
}

/** Who led last, and whether that one still does. */
export async function lookAtLease(session: Session): Promise<Leader & { readonly isHeld: boolean }> {
  const [row] = await session.query<EpochRow & { name: string; isHeld: boolean }>(look, [], answerMsMax);
  return { name: row!.name, epoch: Number(row!.epoch), isHeld: row!.isHeld };
}
