import test from 'ava';
import { Contacts } from '../../../controller/engine/contacts.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

const devices = 3_000;

test('contacts of a whole fleet are told in turns, each of them once a minute', async (t) => {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const clock = time.clock({ alive: true });
  const told: string[] = [];
  let most = 0;
  const contacts = new Contacts({
    clock: {
      ...clock,
      after: (delayMs, callback) =>
        clock.after(delayMs, () => {
          const before = told.length;
          callback();
          most = Math.max(most, told.length - before);
        }),
    },
    tellsConnections: true,
    isNamed: (device) => device !== 'stranger',
    tell: (event) => void (event.kind === 'contacts' && told.push(...event.heardAt.keys())),
  });
  const names = Array.from({ length: 10_000 }, (_, n) => `device-${n}`);
  for (const device of ['stranger', ...names]) contacts.note({ kind: 'contact', device, connected: true });
  await time.runUntil(time.now + 60_500);
  t.deepEqual(told, names);
  t.true(most > 0 && most < 5_000, `${most} in one turn`);
  contacts.stop();
  t.is(told.length, 20_000, 'what is not written down is told at the end');
});

test('what was heard while contacts were being written down is not forgotten with them, and who is not named is no contact', async (t) => {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const contacts = new Contacts({
    ...{ clock: time.clock({ alive: true }), tellsConnections: false, tell: () => {} },
    isNamed: (device) => device === 'buoy',
  });
  const get = (device: string) =>
    contacts.note({ kind: 'shadow-request', operation: 'get', device, payload: new Uint8Array() });
  t.true(get('buoy'));
  const written = new Map(contacts.heard);
  await time.runUntil(time.now + 5);
  get('buoy');
  contacts.written(written);
  t.deepEqual([...contacts.heard], [['buoy', time.now]]);
  contacts.written(new Map(contacts.heard));
  t.is(contacts.heard.size, 0);
  t.false(get('stranger'));
  t.is(contacts.heard.size, 0);
  contacts.stop();
});

test('where a device was connected from last is known when it is gone, until it comes from somewhere else', (t) => {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const contacts = new Contacts({
    ...{ clock: time.clock({ alive: true }), tellsConnections: true, isNamed: () => true, tell: () => {} },
  });
  const addressAfter = (connected: boolean, address?: string) => {
    contacts.note({ kind: 'contact', device: 'buoy', connected, ...(address === undefined ? {} : { address }) });
    return contacts.links?.get('buoy')?.address;
  };
  t.is(addressAfter(true, '192.0.2.7'), '192.0.2.7');
  t.is(addressAfter(false), '192.0.2.7');
  t.is(addressAfter(true, '192.0.2.8'), '192.0.2.8');
  contacts.stop();
});

/** A state that notes how much is written at once. */
function measured(sizes: number[]): StatePort {
  const state = openSqliteState(':memory:');
  return {
    load: (take) => state.load(take),
    read: (keys) => state.read(keys),
    close: () => state.close(),
    commit: (writes) => {
      sizes.push(writes.length);
      return state.commit(writes);
    },
  };
}

test('contacts of a whole fleet are written down in many short turns, and none is lost at a stop', async (t) => {
  const sizes: number[] = [];
  const { engine, image } = await openEngine({ state: measured(sizes), tellsConnections: true });
  const names = Array.from({ length: devices }, (_, n) => `device-${n}`);
  engine.resume(revision, fleetOf(names.map((name) => namedDevice(name, 'key'))));
  for (const device of names) engine.tell({ kind: 'contact', device, connected: true });
  await engine.stop();
  t.is(names.filter((name) => image.device(name).contactAt !== undefined).length, devices);
  t.true(Math.max(...sizes) <= 1_000, `${Math.max(...sizes)} rows were written in one turn`);
});
