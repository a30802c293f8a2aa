/** Rows of controllers that kept all of a device in one: taken over whole, once. */
import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { StateError, type StatePort, type StateWrite } from '../../../controller/state/state-port.ts';
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

test('rows that can not be split because nothing can be written end the start: what they held is nowhere else', async (t) => {
  const state = await stateWith({ buoy: whole });
  const full: StatePort = {
    ...{ load: (take) => state.load(take), read: (keys) => state.read(keys), close: () => state.close() },
    commit: async (_writes: readonly StateWrite[]) => {
      throw new StateError('STATE_FULL', 'no space left');
    },
  };
  await t.throwsAsync(openEngine({ state: full }), { code: 'STATE_FULL' });
  t.like((await openEngine({ state })).image.device('buoy'), { contactAt: 9_000 });
});
