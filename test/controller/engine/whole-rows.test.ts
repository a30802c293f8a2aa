/** Rows of controllers that kept all of a device in one: taken over whole, once. */
import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { StateError, type StatePort, type StateWrite } from '../../../controller/state/state-port.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { rowsOf } from '../state/conformance.ts';
import { openEngine, reportOf, revision } from './test-engine.ts';

const issued = {
  sequence: 3,
  revision,
  issuedAt: 7_000,
  templateHash: 'f'.repeat(64),
  applications: [],
  signedBy: 'key',
};
const heard = { key: 'SHA256:buoy', boots: [{ id: 'a', counter: 2 }] };
const application = { name: 'pump', version: '1.0.0', state: 'failed', since: reportOf(0).at, restarts: 3 } as const;
const report = reportOf(2, {
  phase: 'active',
  highestSequence: 3,
  running: { sequence: 3, revision },
  applications: [application],
});
const whole = {
  ...{ issued, envelope: '{"signed":1}', heard, contactAt: 9_000, certificateEndsAt: 10_000 },
  shadow: { version: 5, desired: 8, reported: { state: report, at: 9 } },
};

async function stateWith(rows: Readonly<Record<string, unknown>>): Promise<StatePort> {
  const state = openSqliteState(':memory:');
  await state.commit(
    Object.entries(rows).map(([key, value]) => ({ room: 'device', key, value: JSON.stringify(value) })),
  );
  return state;
}

async function documentsOf(state: StatePort, key: string): Promise<Record<string, unknown>> {
  const rows = await state.read(['envelope', 'reported', 'history'].map((room) => ({ room, key })));
  return Object.fromEntries(rows.map((row) => [row.room, 'value' in row ? JSON.parse(row.value) : row.error]));
}

test('all that one row held is there, in memory or as a document, and the row is split once', async (t) => {
  const state = await stateWith({ buoy: whole });
  const { image, unreadable } = await openEngine({ state });
  t.deepEqual(unreadable, []);
  const record = image.device('buoy');
  t.like(record, { issued, heard, contactAt: 9_000, certificateEndsAt: 10_000, runs: 'pump/1.0.0 ' });
  t.like(record.shadow, { version: 5, desiredAt: 8 });
  t.deepEqual(record.gist?.applications, [application]);
  t.deepEqual(await documentsOf(state, 'buoy'), { envelope: '{"signed":1}', reported: { state: report, at: 9 } });
  const split = await rowsOf(state);
  t.false(split.some((row) => row.includes('signed\\"')));
  const again = await openEngine({ state });
  t.deepEqual(again.image.device('buoy'), record);
  t.deepEqual(await rowsOf(state), split);
});

test('what the first release kept as null is not there; what travels by digest is known by its digest', async (t) => {
  const state = await stateWith({
    old: { issued, envelope: 'signed', contactAt: null },
    large: { issued, envelope: 'x'.repeat(5_000) },
    silent: { contactAt: 4, shadow: { version: 0, deleted: true } },
  });
  const { image } = await openEngine({ state });
  t.deepEqual(Object.keys(image.device('old')).sort(), ['issued', 'shadow']);
  t.like(image.device('large').blob, { length: 5_000 });
  t.deepEqual(await documentsOf(state, 'large'), { envelope: 'x'.repeat(5_000) });
  t.deepEqual(image.device('silent'), { contactAt: 4, shadow: { version: 0, deleted: true } });
});

test('a desired state that does not follow from the envelope is put right when its device is thought over', async (t) => {
  const strange = { state: { sequence: 9, mine: true }, at: { sequence: { timestamp: 1 } } };
  const state = await stateWith({ buoy: { ...whole, shadow: { version: 5, desired: strange } } });
  const { image } = await openEngine({ state });
  t.deepEqual(image.device('buoy').shadow, { version: 5 });
});

test('a row that is not whole is set aside as it is', async (t) => {
  const state = await stateWith({
    ...{ bare: { ...whole, envelope: undefined }, lone: { envelope: 'x' } },
    liar: { ...whole, shadow: { version: 5, reported: { state: { phase: 'asleep' }, at: 9 } } },
    late: { issued: { sequence: 'many' }, shadow: { version: 1 } },
    gist: { gist: { phase: 'idle' }, shadow: { version: 1 } },
  });
  const { unreadable, image } = await openEngine({ state });
  t.deepEqual(unreadable.map(({ row }) => row.key).sort(), ['bare', 'gist', 'late', 'liar', 'lone']);
  t.is(image.devices.size, 0);
  t.is((await rowsOf(state)).filter((row) => row.startsWith('aside/device/')).length, 5);
});

test('rows that can not be split while nothing can be written are worked over as they are, and split when it can', async (t) => {
  const others = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`crane-${n}`, whole]));
  const kept = await stateWith({ buoy: whole, ...others });
  const before = await rowsOf(kept);
  const disk = { isFull: true };
  const state: StatePort = {
    ...{ load: (take) => kept.load(take), read: (keys) => kept.read(keys), close: () => kept.close() },
    commit: async (writes: readonly StateWrite[]) => {
      if (disk.isFull) throw new StateError('STATE_FULL', 'no space left');
      await kept.commit(writes);
    },
  };
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const { image, engine, unreadable } = await openEngine({ state, clock: time.clock({ alive: true }) });
  t.deepEqual([unreadable, image.devices.size], [[], 301]);
  await time.runUntil(time.now + 1_000);
  t.like(engine.trouble, { code: 'STATE_FULL' });
  t.deepEqual(await rowsOf(kept), before);
  await image.documents.bring(Array.from({ length: 5_000 }, (_, n) => ({ room: 'history', name: `device-${n}` })));
  await image.documents.bring([{ room: 'envelope', name: 'buoy' }]);
  t.is(image.document('envelope', 'buoy'), '{"signed":1}', 'though it is in no memory of documents any more');
  disk.isFull = false;
  // A contact is written, and what its device was with it.
  const asked = engine.ask({ kind: 'certificate', device: 'buoy', endsAt: 11_000 });
  await time.runUntil(time.now + 120_000);
  await asked;
  t.is(engine.trouble, undefined);
  t.deepEqual(await documentsOf(kept, 'buoy'), { envelope: '{"signed":1}', reported: { state: report, at: 9 } });
  t.true((await rowsOf(kept)).every((row) => !row.includes('"envelope"')));
  const { image: again } = await openEngine({ state: kept });
  t.deepEqual(again.device('buoy'), { ...image.device('buoy'), certificateEndsAt: 11_000 });
  t.deepEqual(again.device('crane-299'), image.device('crane-299'));
});

test('what is written of a device whose row could not be split takes along what that held', async (t) => {
  const kept = await stateWith({ buoy: whole, crane: whole });
  const commits: string[][] = [];
  const state: StatePort = {
    ...{ load: (take) => kept.load(take), read: (keys) => kept.read(keys), close: () => kept.close() },
    commit: async (writes: readonly StateWrite[]) => {
      if (commits.push(writes.map(({ room, key }) => `${room} ${key}`)) === 1) throw new Error('no space left');
      await kept.commit(writes);
    },
  };
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const { engine } = await openEngine({ state, clock: time.clock({ alive: true }) });
  engine.tell({ kind: 'certificate', device: 'crane', endsAt: 11_000 });
  await time.runUntil(time.now + 1_000);
  const rows = (key: string) => ['device', 'envelope', 'reported'].map((room) => `${room} ${key}`);
  t.deepEqual(commits.slice(1), [[...rows('crane'), 'device crane'], rows('buoy')]);
});
