import anyTest from 'ava';
import type { Term } from '../../../../controller/state/leadership.ts';
import { leaseMs } from '../../../../controller/state/postgres/lease.ts';
import { openPostgresPlace, type PostgresPlaceOptions } from '../../../../controller/state/postgres/postgres-place.ts';
import { Session } from '../../../../controller/state/postgres/session.ts';
import { StateError, type StatePort, type TornRow } from '../../../../controller/state/state-port.ts';
import { nodeClock as clock } from '../../../../platform/node/clock.ts';
import type { Clock } from '../../../../platform/ports.ts';
import { eventually } from '../../../end-to-end/processes.ts';
import { quietLog as log, Scene } from '../../doors/scene.ts';
import { conforms, readText, rowsOf } from '../conformance.ts';
import { hasPostgres, TestServer, withPostgres } from './test-database.ts';

const test = withPostgres(anyTest);
const signal = new AbortController().signal;
let server: TestServer;
let databases = 0;
const generousMs = 60_000;

anyTest.before(async () => {
  if (hasPostgres) server = await TestServer.start();
});
anyTest.after.always(() => server?.stop());

async function freshDatabase(): Promise<string> {
  databases += 1;
  const name = `fleet_${databases}`;
  await server.createDatabase(name);
  return name;
}

function openPlace(database: string, name: string, more: Partial<PostgresPlaceOptions> = {}) {
  return openPostgresPlace({ clock, log, name, wasLed: false, url: server.url(database), ...more }, signal);
}

async function lead(database: string, name = 'one'): Promise<Term> {
  return (await openPlace(database, name)).lead(signal);
}

/** A clock whose owner sleeps: its timers wait until it wakes. */
function stoppableClock() {
  let skippedMs = 0;
  let isStopped = false;
  const due: (() => void)[] = [];
  const wrapped: Clock = {
    ...clock,
    monotonic: () => clock.monotonic() + skippedMs,
    after: (delayMs, callback) => clock.after(delayMs, () => (isStopped ? void due.push(callback) : callback())),
  };
  return {
    clock: wrapped,
    skip: (ms: number) => {
      skippedMs += ms;
    },
    stop: () => {
      isStopped = true;
    },
    wake: () => {
      isStopped = false;
      for (const callback of due.splice(0)) callback();
    },
  };
}

conforms(test, 'PostgreSQL', async () => {
  const database = await freshDatabase();
  const open = async (): Promise<StatePort> => {
    const { state, end } = await lead(database).then((term) => ({ state: term.state, end: () => term.end() }));
    return {
      load: (take) => state.load(take),
      read: (keys) => state.read(keys),
      commit: (writes) => state.commit(writes),
      close: end,
    };
  };
  return { open, remove: async () => {} };
});

test('one leads and the other stands by, knows who leads, and follows at once when that one ends', async (t) => {
  const database = await freshDatabase();
  const first = await lead(database, 'one');
  const place = await openPlace(database, 'two');
  t.true(place.wasLed);
  let isLed = false;
  const second = place.lead(signal).then((term) => {
    isLed = true;
    return term;
  });
  await eventually('it knows who leads', generousMs, () => place.leader());
  t.deepEqual(place.leader(), { name: 'one', epoch: 1 });
  t.false(isLed);
  await first.state.commit([{ room: 'a', key: 'x', value: '1' }]);
  await first.end();
  const term = await second;
  t.deepEqual(term.leader, { name: 'two', epoch: 2 });
  t.deepEqual(await rowsOf(term.state), ['a/x=1']);
  await term.end();
});

test('a leader whose lease has run out leads on if nobody else does; once another begins its connection is ended', async (t) => {
  const database = await freshDatabase();
  const sleeper = stoppableClock();
  const first = await (await openPlace(database, 'one', { clock: sleeper.clock })).lead(signal);
  sleeper.stop();
  await server.ask(database, "UPDATE fleet_lease SET expires_at = clock_timestamp() - interval '1 s'");
  await first.state.commit([{ room: 'a', key: 'x', value: '1' }]);
  const second = await lead(database, 'two');
  t.deepEqual(await rowsOf(second.state), ['a/x=1']);
  await t.throwsAsync(
    () =>
      first.state.commit([
        { room: 'a', key: 'x', value: '2' },
        { room: 'a', key: 'y', value: '2' },
      ]),
    {
      code: 'STATE_UNREACHABLE',
    },
  );
  t.is((await first.lost).code, 'STATE_LEASE_LOST');
  t.false(first.isHeld());
  t.deepEqual(await rowsOf(second.state), ['a/x=1']);
  await second.end();
});

test('who slept longer than a lease does not hold it until it was renewed', async (t) => {
  const database = await freshDatabase();
  const sleeper = stoppableClock();
  const term = await (await openPlace(database, 'one', { clock: sleeper.clock })).lead(signal);
  const isHeld = () => term.isHeld() || undefined;
  // On a busy machine it may have run out already.
  await eventually('the lease', generousMs, isHeld);
  sleeper.stop();
  sleeper.skip(leaseMs);
  t.false(term.isHeld());
  sleeper.wake();
  await eventually('the lease is renewed', generousMs, isHeld);
  await term.end();
});

test('an answer that has arrived when its time is up counts: a busy program looks at its timers first', async (t) => {
  const database = await freshDatabase();
  const session = await Session.open({ clock, url: server.url(database) });
  const asked = session.query({ name: 'one', text: 'SELECT 1 AS one' }, [], 50);
  // The statement leaves; then nothing is read until long after the time is up.
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  t.deepEqual([...(await asked)], [{ one: 1 }]);
  await t.throwsAsync(() => session.query({ name: 'late', text: 'SELECT pg_sleep(5)' }, [], 50), {
    code: 'STATE_UNREACHABLE',
    message: /no answer in 50 ms to late/,
  });
});

test('an epoch that begins waits for the commit that is on the way, and bars the next', async (t) => {
  const database = await freshDatabase();
  // Nothing but the commit itself can find out: no lease is renewed.
  const sleeper = stoppableClock();
  const first = await (await openPlace(database, 'one', { clock: sleeper.clock })).lead(signal);
  sleeper.stop();
  await server.ask(
    database,
    `CREATE FUNCTION late() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END' LANGUAGE plpgsql;
    CREATE TRIGGER late BEFORE INSERT ON fleet_rows FOR EACH ROW EXECUTE FUNCTION late();
    UPDATE fleet_lease SET expires_at = 'infinity'`,
  );
  const commit = first.state.commit([{ room: 'a', key: 'x', value: '1' }]);
  await eventually('the commit is on the way', generousMs, async () => {
    const asleep = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    return (await server.ask(database, asleep)).length > 0;
  });
  const takes = server.ask(
    database,
    'UPDATE fleet_lease SET epoch = epoch + 1 RETURNING (SELECT count(*) FROM fleet_rows)',
  );
  await t.notThrowsAsync(commit);
  await takes;
  await t.throwsAsync(() => first.state.commit([{ room: 'a', key: 'y', value: '1' }]), { code: 'STATE_LEASE_LOST' });
  t.deepEqual(await server.ask(database, 'SELECT room, key, value FROM fleet_rows'), [
    { room: 'a', key: 'x', value: '1' },
  ]);
});

test('a database that goes away ends the term, and is waited for by whoever stands by', async (t) => {
  const own = await TestServer.start();
  try {
    const open = (name: string) =>
      openPostgresPlace({ clock, log, name, wasLed: false, url: own.url('postgres') }, signal);
    const first = await (await open('one')).lead(signal);
    await first.state.commit([{ room: 'a', key: 'x', value: '1' }]);
    const second = (await open('two')).lead(signal);
    own.restart();
    t.is((await first.lost).code, 'STATE_LEASE_LOST');
    t.false(first.isHeld());
    const refused = await t.throwsAsync(() => first.state.commit([{ room: 'a', key: 'x', value: '2' }]));
    // Whichever is noticed first.
    t.true(refused instanceof StateError && ['STATE_UNREACHABLE', 'STATE_LEASE_LOST'].includes(refused.code));
    const term = await second;
    t.deepEqual(await rowsOf(term.state), ['a/x=1']);
    await term.end();
  } finally {
    own.stop();
  }
});

test('what does not let us in, or is not what we know, ends the start with a reason; the password is in none', async (t) => {
  const database = await freshDatabase();
  const open = (url: string) => openPostgresPlace({ clock, log, name: 'one', wasLed: false, url }, signal);
  const secret = `postgres://fleet:sesame@127.0.0.1:${server.port}`;
  const missing = await t.throwsAsync(() => open(`${secret}/nowhere`), { code: 'STATE_REFUSED', message: /nowhere/ });
  t.notRegex(String(missing), /sesame/);
  await t.throwsAsync(() => open(`postgres://stranger@127.0.0.1:${server.port}/${database}`), {
    code: 'STATE_REFUSED',
  });
  await (await openPlace(database, 'one')).close();
  await server.ask(database, 'UPDATE fleet_version SET steps = 99');
  await t.throwsAsync(() => openPlace(database, 'one'), { code: 'STATE_NEWER' });
});

test('over TLS a database is believed that the authority vouches for by the name it was asked by, and nobody else', async (t) => {
  const [ours, others] = [await Scene.open(), await Scene.open()];
  const database = await freshDatabase();
  try {
    const ca = (scene: Scene) => encodeURIComponent(`${scene.directory.path}/ca.pem`);
    const open = (host: string, scene: Scene, mode = 'verify-full') => {
      const url = `postgres://fleet@${host}:${server.port}/${database}?sslmode=${mode}&sslrootcert=${ca(scene)}`;
      return openPostgresPlace({ clock, log, name: 'one', wasLed: false, url }, signal);
    };
    const untrusted = (message: RegExp) => ({ code: 'STATE_UNTRUSTED', message });
    await t.throwsAsync(open('127.0.0.1', ours), untrusted(/does not support SSL.*look at sslmode/));
    await server.serveTls(await ours.authority.serverIdentity(['127.0.0.1']));
    await eventually('it speaks TLS', generousMs, () =>
      open('127.0.0.1', ours).then(
        (place) => place.close().then(() => true),
        () => undefined,
      ),
    );
    const term = await (await open('127.0.0.1', ours)).lead(signal);
    await term.state.commit([{ room: 'a', key: 'x', value: '1' }]);
    const sessions = await server.ask(
      'postgres',
      `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '${database}' AND application_name = 'fleet-controller'`,
    );
    t.true(sessions.length > 0 && sessions.every(({ ssl }) => ssl === true));
    await term.end();
    await t.throwsAsync(open('127.0.0.1', others), untrusted(/signature|certificate|issuer/i));
    await t.throwsAsync(open('localhost', ours), untrusted(/altnames.*localhost|localhost.*altnames/));
    const missing = `postgres://fleet:sesame@127.0.0.1:${server.port}/${database}?sslmode=verify-full&sslrootcert=/nowhere.pem`;
    const error = await t.throwsAsync(
      openPostgresPlace({ clock, log, name: 'one', wasLed: false, url: missing }, signal),
      untrusted(/nowhere\.pem/),
    );
    t.notRegex(error.message, /sesame/);
  } finally {
    for (const scene of [ours, others]) scene[Symbol.dispose]();
  }
});

test('three that open an empty database at once all find its tables, and one leads', async (t) => {
  const database = await freshDatabase();
  const places = await Promise.all(['one', 'two', 'three'].map((name) => openPlace(database, name)));
  const waiting = new AbortController();
  const terms = places.map((place) => place.lead(waiting.signal));
  const term = await Promise.race(terms);
  waiting.abort(new Error('enough'));
  const results = await Promise.allSettled(terms);
  // On a machine that stood still for longer than a lease the first may have been followed by another: never joined by one.
  const led = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  t.is(new Set(led.map(({ leader }) => leader.epoch)).size, led.length);
  t.true(led.filter((each) => each.isHeld()).length <= 1);
  t.true(led.includes(term));
  await Promise.all([...led.map((each) => each.end()), ...places.map((place) => place.close())]);
});

test('who can not write yet takes no lease', async (t) => {
  const database = await freshDatabase();
  await server.ask(database, 'CREATE ROLE sailor LOGIN');
  await server.ask(database, 'GRANT ALL ON SCHEMA public TO sailor');
  const told: string[] = [];
  const place = await openPlace(database, 'one', {
    url: server.url(database).replace('fleet@', 'sailor@'),
    log: { write: (_level, event) => told.push(event) },
  });
  await server.ask(database, 'ALTER ROLE sailor CONNECTION LIMIT 1');
  const leading = place.lead(signal);
  await eventually('a try', generousMs, () => told.includes('state.unreachable') || undefined);
  await server.ask(database, 'ALTER ROLE sailor CONNECTION LIMIT -1');
  const term = await leading;
  t.deepEqual(term.leader, { name: 'one', epoch: 1 });
  await term.end();
});

test('a torn page of documents concerns its own rows: all others are read, and what is written to it lies beside, in every term', async (t) => {
  const database = await freshDatabase();
  const before = await lead(database);
  const keys = Array.from({ length: 100 }, (_, n) => ({ room: 'envelope', key: `d${n}` }));
  await before.state.commit(keys.map((key) => ({ ...key, value: 'x'.repeat(700) })));
  await before.end();
  const copy = await server.tornCopy(database, 'fleet_documents', 3);
  const first = await lead(copy);
  const found = await first.state.read(keys);
  const torn = found.filter((row) => 'error' in row);
  const [set, gone, left] = torn as [TornRow, TornRow, TornRow];
  t.true(torn.length >= 3 && torn.length < 20, `${torn.length}`);
  t.is(found.filter((row) => 'value' in row && row.value.length === 700).length, keys.length - torn.length);
  const row = ({ room, key }: TornRow) => ({ room, key });
  // Some of them are put where the torn page is, by a server that knows of room there.
  const fresh = Array.from({ length: 20 }, (_, n) => ({ room: 'history', key: `n${n}`, value: 'y'.repeat(700) }));
  await first.state.commit([{ ...row(set), value: '1' }, { ...row(gone), value: '1' }, ...fresh]);
  await first.state.commit([{ ...row(set), value: '2' }, row(gone), { room: 'a', key: 'x', value: '1' }]);
  await first.end();
  const second = await lead(copy, 'two');
  t.deepEqual(
    [(await second.state.read([set, gone, left])).map(readText).sort(), await rowsOf(second.state)],
    [[`${set.key}=2`, `${left.key}=STATE_CORRUPT`].sort(), ['a/x=1']],
  );
  t.is((await second.state.read(fresh)).filter((one) => 'value' in one).length, fresh.length);
  await second.end();
});

for (const [what, relation, page] of [
  ['page of the table', 'fleet_rows', 3],
  ['page of its index', 'fleet_rows_pkey', 1],
] as const) {
  test(`a torn ${what} of rows keeps nobody from leading: all rows of the others are there, and it is told`, async (t) => {
    const database = await freshDatabase();
    const before = await lead(database);
    const rows = Array.from({ length: 100 }, (_, n) => ({ room: 'device', key: `d${n}`, value: 'x'.repeat(700) }));
    await before.state.commit([...rows, { room: 'envelope', key: 'd1', value: '1' }]);
    await before.end();
    const copy = await server.tornCopy(database, relation, page);
    const first = await lead(copy);
    const found = await rowsOf(first.state);
    const whole = rows.map(({ room, key, value }) => `${room}/${key}=${value}`);
    t.true(found.every((row) => whole.includes(row)));
    const lost = whole.length - found.length;
    t.true(relation === 'fleet_rows' ? lost > 0 && lost < 15 : lost === 0, `${lost}`);
    // A server that has counted the rows reads so few without the index, and finds it torn when it writes.
    await first.state.commit(rows);
    t.regex(first.state.lost ?? '', new RegExp(`${found.length} rows of it were saved.*table fleet_rows_damaged_2`));
    await first.end();
    const second = await lead(copy, 'two');
    t.deepEqual(await rowsOf(second.state), [...whole].sort());
    t.is(second.state.lost, undefined);
    await second.end();
  });
}

test('a table of rows that is found to be damaged when it is written is made anew then, unless another leads', async (t) => {
  const database = await freshDatabase();
  const before = await lead(database);
  await before.state.commit(
    Array.from({ length: 100 }, (_, n) => ({ room: 'device', key: `d${n}`, value: 'x'.repeat(700) })),
  );
  await before.end();
  const copy = await server.tornCopy(database, 'fleet_rows_pkey', 1);
  const first = await lead(copy);
  await first.state.commit([{ room: 'device', key: 'd5', value: '5' }]);
  t.is((await rowsOf(first.state)).length, 100);
  t.true((await rowsOf(first.state)).includes('device/d5=5'));
  await first.end();
  const torn = await server.tornCopy(copy, 'fleet_rows_pkey', 1);
  const late = await lead(torn);
  await server.ask(torn, 'UPDATE fleet_lease SET epoch = epoch + 1');
  await t.throwsAsync(rowsOf(late.state), { code: 'STATE_LEASE_LOST' });
  t.is((await server.ask(torn, "SELECT 1 FROM pg_class WHERE relname = 'fleet_rows_damaged_3'")).length, 0);
  await late.end();
});

test('who may not wait is refused at once while another leads', async (t) => {
  const database = await freshDatabase();
  const term = await lead(database, 'one');
  const place = await openPlace(database, 'two');
  await t.throwsAsync(place.lead(AbortSignal.abort(new Error('stop it first'))), { message: 'stop it first' });
  await place.close();
  await term.end();
});
