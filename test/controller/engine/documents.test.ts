/** Documents of devices, which stay in the state: read when somebody asks, and rebuilt where they can't be read. */
import test from 'ava';
import { DocumentShelf } from '../../../controller/engine/document-shelf.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { type RowKey, StateError, type StatePort, type StateWrite } from '../../../controller/state/state-port.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { rowsOf } from '../state/conformance.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const malformed = new StateError('STATE_CORRUPT', 'database disk image is malformed');
const names = ['buoy', 'crane', 'truck'];
const fleet = fleetOf(names.map((name) => namedDevice(name, `SHA256:${name}`)));

interface Said {
  readonly topic: string;
  readonly body: { readonly code?: number; readonly state?: Record<string, unknown> };
}

/** A state that outlives engines, and what was read of it at once. */
function scene() {
  const time = new SimTime(start);
  const kept = openSqliteState(':memory:');
  const reads: (readonly RowKey[])[] = [];
  /** Rows on torn pages, by room and key, until they are written anew. */
  const torn = new Set<string>();
  const faults: { isUnreadable?: boolean; isFull?: boolean } = {};
  const state: StatePort = {
    ...{ load: (take) => kept.load(take), close: () => kept.close() },
    commit: async (writes) => {
      if (faults.isFull) throw new Error('no space left');
      await kept.commit(writes);
      for (const { room, key } of writes) torn.delete(`${room} ${key}`);
    },
    read: async (keys) => {
      reads.push(keys);
      if (faults.isUnreadable) throw new Error('the disk does not answer');
      const rows = await kept.read(keys);
      return rows.map(({ room, key, ...rest }) =>
        torn.has(`${room} ${key}`) ? { room, key, error: malformed } : { room, key, ...rest },
      ) as typeof rows;
    },
  };
  const said: Said[] = [];
  const warned: string[] = [];
  const settle = () => time.runUntil(time.now);
  /** An engine that starts. */
  const boot = async (tellsConnections = false) => {
    const made = await openEngine({
      ...{ state, clock: time.clock({ alive: true }), tellsConnections },
      log: { write: (level, event) => void (level !== 'info' && warned.push(event)) },
      publish: async ({ topic, payload }) => {
        said.push({ topic: topic.split('/fleet/')[1]!, body: JSON.parse(new TextDecoder().decode(payload)) });
      },
    });
    made.engine.resume(revision, fleet);
    await settle();
    reads.length = 0;
    said.length = 0;
    const ask = async (operation: 'get' | 'update', body: object = {}) => {
      said.length = 0;
      made.ask('buoy', operation, body);
      await settle();
      return said[0]!;
    };
    return {
      ...made,
      ask,
      report: (counter: number, highestSequence = 0) =>
        ask('update', { state: { reported: reportOf(counter, { highestSequence }) } }),
      desire: async (sequence: number, envelope: string) => {
        const done = made.desire('buoy', sequence, envelope);
        await settle();
        await done;
      },
    };
  };
  const write = (...writes: readonly StateWrite[]) => kept.commit(writes);
  return { time, kept, reads, faults, torn, said, warned, settle, boot, write };
}

/** A device that was issued and has reported, and a controller that has started anew since. */
async function restarted() {
  const made = scene();
  const { desire, report, engine } = await made.boot();
  await desire(1, 'first');
  await report(1);
  await engine.stop();
  return made;
}

test('after a start a document is read when its device asks, and is at hand from then on', async (t) => {
  const { boot, reads } = await restarted();
  const { ask, image } = await boot();
  t.throws(() => image.document('envelope', 'buoy'), { message: /nobody brought the envelope of buoy/ });
  const { state } = (await ask('get')).body;
  t.deepEqual(state?.desired, { sequence: 1, envelope: 'first' });
  t.deepEqual(state?.reported, { ...reportOf(1) });
  await ask('get');
  t.deepEqual(
    reads.map((keys) => keys.map(({ room }) => room).sort()),
    [['envelope', 'history', 'reported']],
  );
});

test('what many ask for in the same moment is read at once', async (t) => {
  const { boot, reads, settle } = await restarted();
  const { ask: _one, engine } = await boot();
  for (const device of names) {
    engine.tell({ kind: 'shadow-request', device, operation: 'get', payload: new Uint8Array() });
  }
  await settle();
  t.is(reads.length, 1);
});

for (const [trouble, value] of [
  ['can not be read', 'no JSON'],
  ['is another thing', '{"a":1}'],
  ['is gone', undefined],
] as const) {
  test(`an envelope that ${trouble} is told of and set aside, and another is issued above it`, async (t) => {
    const { boot, write, warned, settle, kept } = await restarted();
    await write({ room: 'envelope', key: 'buoy', ...(value !== undefined && { value }) });
    const { ask, image, engine } = await boot();
    t.is((await ask('get')).body.state?.desired, undefined);
    await settle();
    t.deepEqual(warned, ['state.row-set-aside']);
    const aside = (await rowsOf(kept)).filter((row) => row.startsWith('aside/'));
    t.deepEqual(aside, value === undefined ? [] : [`aside/envelope/buoy=${value}`]);
    const { sequence, envelope } = (await ask('get')).body.state!.desired as { sequence: number; envelope: string };
    t.deepEqual([sequence, JSON.parse(envelope).sequence], [2, 2]);
    t.is(image.device('buoy').issued?.sequence, 2);
    await engine.stop();
    const { ask: later } = await boot();
    t.deepEqual((await later('get')).body.state?.desired, { sequence: 2, envelope });
    t.is(warned.length, 1);
  });
}

test('a document on a torn page is told of and rebuilt, and holds up nobody of the same batch', async (t) => {
  const { boot, torn, warned, settle, said } = await restarted();
  torn.add('envelope buoy');
  const { image, engine, ask } = await boot();
  for (const device of names) {
    engine.tell({ kind: 'shadow-request', device, operation: 'get', payload: new Uint8Array() });
  }
  await settle();
  t.deepEqual([said[0]?.topic, said.filter(({ body }) => body.code === 500)], ['get/accepted', []]);
  t.deepEqual([warned, engine.trouble, image.rowsSetAside], [['state.row-set-aside'], undefined, 1]);
  t.like((await ask('get')).body.state?.desired, { sequence: 2 });
});

test('a report that can not be read is set aside: its device is as if it had said nothing, until it says something', async (t) => {
  const { boot, write, warned, settle, kept } = await restarted();
  await write({ room: 'reported', key: 'buoy', value: '{"state":{}}' });
  const { ask, report, observe, image } = await boot();
  t.deepEqual(Object.keys((await ask('get')).body.state!).sort(), ['delta', 'desired']);
  await settle();
  t.is(observe('buoy').report, undefined);
  t.is(image.rowsSetAside, 1);
  t.deepEqual(warned, ['state.row-set-aside']);
  t.is((await report(1)).topic, 'update/accepted', 'with the number of the one that is lost');
  t.deepEqual(observe('buoy').report, reportOf(1));
  t.true((await rowsOf(kept)).includes('aside/reported/buoy={"state":{}}'));
});

test('a report that comes while the one before can not be read is kept', async (t) => {
  const { boot, write, settle, kept } = await restarted();
  await write({ room: 'reported', key: 'buoy', value: 'no JSON' });
  const { report, observe } = await boot();
  await report(2);
  await settle();
  t.deepEqual(observe('buoy').report, reportOf(2));
  t.is((await kept.read([{ room: 'reported', key: 'buoy' }])).length, 1);
});

test('what can not be read while nothing can be written either is set aside when it can', async (t) => {
  const { boot, write, faults, time, kept } = await restarted();
  await write({ room: 'envelope', key: 'buoy', value: 'no JSON' });
  const { ask, image, engine } = await boot();
  faults.isFull = true;
  t.is((await ask('get')).body.state?.desired, undefined);
  await time.runUntil(time.now + 10_000);
  delete faults.isFull;
  await time.runUntil(time.now + 60_000);
  t.true((await rowsOf(kept)).includes('aside/envelope/buoy=no JSON'));
  t.is(image.device('buoy').issued?.sequence, 2);
  faults.isFull = true;
  await engine.stop();
});

test('a history that can not be read begins anew', async (t) => {
  const { boot, write, settle, warned, kept } = await restarted();
  await write({ room: 'history', key: 'buoy', value: '{}' });
  const { report, observe } = await boot();
  t.is((await report(2)).topic, 'update/accepted');
  await settle();
  t.is(observe('buoy').report?.counter, 2);
  t.deepEqual(warned, ['state.row-set-aside']);
  t.true((await rowsOf(kept)).includes('aside/history/buoy={}'));
});

test('while documents can not be read a device is asked to come again, and nothing is lost', async (t) => {
  const { boot, faults, warned, time, said } = await restarted();
  const { ask, report, observe, engine } = await boot();
  faults.isUnreadable = true;
  t.is((await ask('get')).body.code, 500);
  said.length = 0;
  report(2);
  await time.runUntil(time.now + 500);
  t.is(said[0]?.body.code, 500);
  t.deepEqual(warned, ['state.not-read'], 'said once');
  t.is(engine.trouble?.message, 'the disk does not answer');
  delete faults.isUnreadable;
  ask('get');
  await time.runUntil(time.now + 60_000);
  t.is(engine.trouble, undefined);
  t.is((await report(2)).topic, 'update/accepted');
  t.is(observe('buoy').report?.counter, 2);
});

test('a device that may not have been told before a stop asks when it comes, and is not told a second time', async (t) => {
  const { boot, said, settle } = await restarted();
  const { engine, ask, report } = await boot(true);
  engine.tell({ kind: 'contact', device: 'buoy', connected: true });
  t.truthy((await ask('get')).body.state?.delta);
  await report(2);
  await settle();
  t.deepEqual(said.map(({ topic }) => topic).toSorted(), ['update/accepted', 'update/documents']);
});

test('more documents than are kept at hand are read again', async (t) => {
  const { boot, reads } = await restarted();
  const { image } = await boot();
  const many = Array.from({ length: 5_000 }, (_, n) => ({ room: 'history', name: `device-${n}` }) as const);
  await image.documents.bring([{ room: 'envelope', name: 'buoy' }]);
  await image.documents.bring(many);
  t.throws(() => image.document('envelope', 'buoy'));
  await image.documents.bring([{ room: 'envelope', name: 'buoy' }, many.at(-1)!]);
  t.is(image.document('envelope', 'buoy'), 'first');
  t.deepEqual(reads.at(-1), [{ room: 'envelope', key: 'buoy' }]);
});

test('what is written while an older form of it is being read stays as it was written', async (t) => {
  const read = Promise.withResolvers<void>();
  const shelf = new DocumentShelf({
    read: async (keys) => {
      await read.promise;
      return keys.map((key) => ({ ...key, value: '"old"' }));
    },
  });
  const brought = shelf.bring([
    { room: 'envelope', name: 'buoy' },
    { room: 'envelope', name: 'crane' },
  ]);
  await Promise.resolve();
  shelf.keep({ kind: 'document', room: 'envelope', name: 'buoy', value: 'new' });
  read.resolve();
  await brought;
  t.deepEqual([shelf.get('envelope', 'buoy'), shelf.get('envelope', 'crane')], ['new', 'old']);
});
