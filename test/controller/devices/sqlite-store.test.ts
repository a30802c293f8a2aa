import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { eventsPerDeviceMax, openStore, refusalsMax } from '../../../controller/devices/sqlite-store.ts';
import type { IssuedDeployment } from '../../../controller/planning/observed.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { scratchDirectory } from '../doors/scene.ts';

const issued = (sequence: number): IssuedDeployment => ({
  sequence,
  revision: 'a'.repeat(40),
  issuedAt: 1,
  templateHash: 'hash',
  applications: [{ name: 'tide', version: '1.0.0' }],
});

const report = (counter: number): Report => ({
  at: '2026-01-01T00:00:00Z',
  counter,
  agentVersion: '1',
  phase: 'active',
  since: '2026-01-01T00:00:00Z',
  highestSequence: counter,
  applications: [],
});

test('everything recorded is there after the store was closed and opened again', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  {
    using store = openStore(path);
    store.devices.recordIssued('buoy-1', issued(3), 'envelope');
    t.true(store.devices.recordReport('buoy-1', report(5), 1000));
    store.devices.recordContact('buoy-1', 2000, undefined);
    store.devices.recordEvent('buoy-1', { at: '2026-01-01T00:00:00Z', code: 'FIRST', message: 'one' });
    store.devices.recordEvent('buoy-1', { at: '2026-01-01T00:00:01Z', code: 'SECOND', message: 'two' });
    store.values.set('room', 'key', new Uint8Array([1, 2]));
  }
  using store = openStore(path);
  const observed = store.devices.observed('buoy-1');
  t.deepEqual(observed.issued, issued(3));
  t.deepEqual(observed.report, report(5));
  t.is(observed.contactAt, 2000);
  t.is(observed.connected, undefined);
  t.deepEqual(
    observed.events.map(({ code }) => code),
    ['SECOND', 'FIRST'],
  );
  t.is(store.devices.envelope('buoy-1'), 'envelope');
  t.deepEqual(store.devices.names(), ['buoy-1']);
  t.deepEqual(store.values.get('room', 'key'), new Uint8Array([1, 2]));
  t.deepEqual(store.devices.observed('other'), { events: [] });
  t.is(store.devices.envelope('other'), undefined);
});

test('a report that is not newer by its counter is not kept', (t) => {
  using store = openStore(':memory:');
  t.true(store.devices.recordReport('buoy-1', report(5), 1000));
  t.false(store.devices.recordReport('buoy-1', report(5), 2000));
  t.false(store.devices.recordReport('buoy-1', report(4), 3000));
  t.is(store.devices.observed('buoy-1').contactAt, 1000);
  t.true(store.devices.recordReport('buoy-1', report(6), 4000));
  t.is(store.devices.observed('buoy-1').report?.counter, 6);
});

test('a sequence that does not grow is never issued, also where text and number sort differently', (t) => {
  using store = openStore(':memory:');
  store.devices.recordIssued('buoy-1', issued(9), 'nine');
  store.devices.recordIssued('buoy-1', issued(10), 'ten');
  t.throws(() => store.devices.recordIssued('buoy-1', issued(10), 'again'), { instanceOf: RangeError });
  t.throws(() => store.devices.recordIssued('buoy-1', issued(9), 'back'), { instanceOf: RangeError });
  t.is(store.devices.envelope('buoy-1'), 'ten');
});

test('whoever was connected is not connected after a restart', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  {
    using store = openStore(path);
    store.devices.recordContact('buoy-1', 1, true);
    t.true(store.devices.observed('buoy-1').connected);
  }
  using store = openStore(path);
  t.false(store.devices.observed('buoy-1').connected);
});

test('events and refusals are bounded, the newest stay', (t) => {
  using store = openStore(':memory:');
  store.values.atomically(() => {
    for (let n = 0; n < eventsPerDeviceMax + 5; n += 1) {
      store.devices.recordEvent('buoy-1', { at: '2026-01-01T00:00:00Z', code: `E${n}`, message: '' });
    }
    store.devices.recordEvent('buoy-2', { at: '2026-01-01T00:00:00Z', code: 'OTHER', message: '' });
    for (let n = 0; n < refusalsMax + 5; n += 1) {
      store.devices.recordRefusal({ at: '2026-01-01T00:00:00Z', device: `d${n}`, code: 'C', message: '' });
    }
  });
  const { events } = store.devices.observed('buoy-1');
  t.is(events.length, eventsPerDeviceMax);
  t.is(events[0]?.code, `E${eventsPerDeviceMax + 4}`);
  t.is(store.devices.observed('buoy-2').events.length, 1);
  t.is(store.devices.refusals().length, refusalsMax);
  t.is(store.devices.refusals()[0]?.device, `d${refusalsMax + 4}`);
});

test('the same refusal counts once a minute; another key, code or minute counts', (t) => {
  using store = openStore(':memory:');
  const refusal = { device: 'buoy-1', keyFingerprint: 'k', code: 'C', message: '' };
  const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
  store.devices.recordRefusal({ ...refusal, at: at(0) });
  store.devices.recordRefusal({ ...refusal, at: at(59) });
  t.is(store.devices.refusals().length, 1);
  store.devices.recordRefusal({ ...refusal, at: at(59), code: 'D' });
  store.devices.recordRefusal({ ...refusal, at: at(59), keyFingerprint: 'l' });
  store.devices.recordRefusal({ ...refusal, at: at(60) });
  t.is(store.devices.refusals().length, 4);
  t.is(store.devices.refusals()[0]?.at, at(60));
});

test('forget() leaves nothing of a device', (t) => {
  using store = openStore(':memory:');
  store.devices.recordIssued('buoy-1', issued(1), 'e');
  store.devices.recordEvent('buoy-1', { at: '2026-01-01T00:00:00Z', code: 'E', message: '' });
  store.devices.forget('buoy-1');
  t.deepEqual(store.devices.observed('buoy-1'), { events: [] });
  t.deepEqual(store.devices.names(), []);
});

test('atomically() keeps all or nothing, over both stores, nested calls included', (t) => {
  using store = openStore(':memory:');
  const attempt = () =>
    store.values.atomically(() => {
      store.values.set('room', 'a', new Uint8Array([1]));
      store.values.atomically(() => store.devices.recordContact('buoy-1', 1, true));
      throw new Error('changed my mind');
    });
  t.throws(attempt, { message: 'changed my mind' });
  t.deepEqual(store.values.keys('room'), []);
  t.deepEqual(store.devices.names(), []);
  t.is(
    store.values.atomically(() => {
      store.values.set('room', 'b', new Uint8Array([2]));
      store.values.set('room', 'a', new Uint8Array([1]));
      return 'done';
    }),
    'done',
  );
  t.deepEqual(store.values.keys('room'), ['a', 'b']);
  store.values.delete('room', 'a');
  t.is(store.values.get('room', 'a'), undefined);
});

test('a file that is no database is refused as corrupt', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  writeFileSync(path, 'this is not a database, and long enough to be looked at as one'.repeat(100));
  t.throws(() => openStore(path), { code: 'DATABASE_CORRUPT', message: /controller\.db/ });
});

test('a database with a torn page is refused as corrupt', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  {
    using store = openStore(path);
    store.values.atomically(() => {
      for (let n = 0; n < 200; n += 1) store.values.set('room', `key-${n}`, new Uint8Array(500).fill(n));
    });
  }
  const file = openSync(path, 'r+');
  // Pages that hold values only: nothing but looking at all of them finds it.
  for (let page = 20; page < 24; page += 1) writeSync(file, new Uint8Array(2000).fill(0x5a), 0, 2000, page * 4096);
  closeSync(file);
  t.throws(() => openStore(path), { code: 'DATABASE_CORRUPT' });
});

test('a database that a newer controller wrote is left alone', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  openStore(path).close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  t.throws(() => openStore(path), { code: 'DATABASE_NEWER' });
});

const writer = `
  import { openStore } from ${JSON.stringify(new URL('../../../controller/devices/sqlite-store.ts', import.meta.url).href)};
  const store = openStore(process.argv[1]);
  for (let n = Number(process.argv[2]); ; n += 1) {
    store.values.atomically(() => {
      store.values.set('room', 'left', new TextEncoder().encode(String(n)));
      store.values.set('room', 'right', new TextEncoder().encode(String(n)));
    });
    process.stdout.write(n + '\\n');
  }
`;

test('kill -9 at any moment loses nothing that was confirmed and tears no transaction', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  let confirmed = 0;
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path, String(confirmed + 1)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    const goal = 20 + round * 37;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > goal) child.kill('SIGKILL');
    });
    await once(child, 'close');
    confirmed = Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
    using store = openStore(path);
    const [left, right] = ['left', 'right'].map((key) =>
      Number(new TextDecoder().decode(store.values.get('room', key))),
    );
    t.is(left, right);
    t.true((left ?? 0) >= confirmed, `${left} is kept, ${confirmed} was confirmed`);
    confirmed = left ?? 0;
  }
});
