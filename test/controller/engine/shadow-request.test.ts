/** What devices ask of their shadows, lies included, and what the engine makes of it. */
import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StateWrite } from '../../../controller/state/state-port.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { rowsOf } from '../state/conformance.ts';
import { branchSeen, fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const key = `SHA256:${'A'.repeat(43)}`;

interface Said {
  readonly topic: string;
  readonly body: { readonly code?: number; readonly state?: Record<string, unknown>; readonly version?: number };
}

/** A device `buoy`, its engine, and virtual time; `settle` lets all happen that happens now. The wall clock may be set. */
async function scene({ tellsConnections = false } = {}) {
  const wall = { skewMs: 0 };
  const time = new SimTime(start);
  const state = openSqliteState(':memory:');
  const faults: { isFull?: boolean } = {};
  const said: Said[] = [];
  const warned: string[] = [];
  const broker: { isAway?: boolean } = {};
  const made = await openEngine({
    clock: time.clock({ alive: true }, () => wall.skewMs),
    state: {
      ...{ load: (take) => state.load(take), read: (keys) => state.read(keys), close: () => state.close() },
      commit: async (writes: readonly StateWrite[]) => {
        if (faults.isFull) throw new Error('no space left');
        await state.commit(writes);
      },
    },
    log: { write: (level, _event, fields) => void (level === 'warn' && warned.push(String(fields?.code))) },
    publish: async ({ topic, payload }) => {
      if (broker.isAway) throw new Error('the broker is away');
      said.push({ topic: topic.split('/fleet/')[1]!, body: JSON.parse(new TextDecoder().decode(payload)) });
    },
    tellsConnections,
  });
  const settle = () => time.runUntil(time.now);
  const follow = (keyFingerprint = key) =>
    made.engine.resume(revision, fleetOf([namedDevice('buoy', keyFingerprint), namedDevice('other', key)]));
  follow();
  await settle();
  const seeBranch = async () => {
    made.engine.tell(branchSeen);
    await settle();
  };
  const ask = async (operation: 'get' | 'update' | 'delete', body: object, device = 'buoy') => {
    said.length = 0;
    made.ask(device, operation, body);
    await settle();
    return said[0]!;
  };
  const report = (one: Report | object) => ask('update', { state: { reported: one } });
  const desire = async (sequence: number, envelope: string) => {
    const done = made.desire('buoy', sequence, envelope);
    await settle();
    await done;
  };
  return {
    ...made,
    time,
    wall,
    said,
    warned,
    faults,
    broker,
    settle,
    ask,
    report,
    desire,
    follow,
    seeBranch,
    rows: () => rowsOf(state),
  };
}

const boot = (id: string, counter: number, more: Partial<Report> = {}) =>
  reportOf(counter, { boot: { id: id.repeat(8), number: 1 }, ...more });

test('a change is in the state before anybody is told that it was accepted', async (t) => {
  const { report, said, rows, faults } = await scene();
  faults.isFull = true;
  t.like(await report(reportOf(1)), { topic: 'update/rejected', body: { code: 500 } });
  t.deepEqual(await rows(), []);
  const { report: again, rows: kept, said: heard } = await scene();
  t.is((await again(reportOf(1))).topic, 'update/accepted');
  t.true((await kept()).some((row) => row.startsWith('device/buoy=')));
  t.deepEqual([said.length, heard.map(({ topic }) => topic)], [1, ['update/accepted', 'update/documents']]);
});

test('what only asks is answered also while nothing can be written', async (t) => {
  const { ask, desire, faults, settle, said } = await scene();
  await desire(1, 'first');
  await settle();
  faults.isFull = true;
  said.length = 0;
  t.deepEqual((await ask('get', {})).body.state?.desired, { sequence: 1, envelope: 'first' });
  said.length = 0;
  ask('update', { state: { reported: reportOf(1) } });
  await ask('get', {});
  const answers = said.map(({ topic }) => topic).toSorted();
  t.deepEqual(answers, ['get/accepted', 'update/rejected'], 'in the same moment as what has to be written');
});

test('a report replaces the one before, whatever stuck to it', async (t) => {
  const { report, observe } = await scene();
  await report({ ...reportOf(1), problem: undefined, strange: { a: 1 } });
  t.truthy((observe('buoy').report as { strange?: unknown }).strange, 'a member of a newer agent is no fault');
  await report(reportOf(2));
  t.deepEqual(observe('buoy').report, reportOf(2));
  t.like(await report({ ...reportOf(3), phase: 'asleep' }), { topic: 'update/rejected', body: { code: 400 } });
  t.like(await report(reportOf(4)), { topic: 'update/accepted' });
  t.deepEqual(observe('buoy').report, reportOf(4));
});

test('what a device should run is not its to write, nor its shadow to remove', async (t) => {
  const { ask, desire } = await scene();
  await desire(3, 'third');
  t.like(await ask('update', { state: { desired: { sequence: 9 } } }), {
    topic: 'update/rejected',
    body: { code: 403 },
  });
  t.like(await ask('delete', {}), { topic: 'delete/rejected', body: { code: 403 } });
  t.deepEqual((await ask('get', {})).body.state?.desired, { sequence: 3, envelope: 'third' });
});

test('a device that git does not name is answered 404, and leaves nothing in the state', async (t) => {
  const { ask, rows } = await scene();
  t.like((await ask('update', { state: { reported: reportOf(1) } }, 'stranger')).body, { code: 404 });
  t.deepEqual(await rows(), []);
});

test('a device that fills its shadow with its report still gets its deployments', async (t) => {
  const { report, desire, ask, state } = await scene();
  await report({ ...reportOf(1), text: 'x'.repeat(7_000) });
  await desire(1, 'e'.repeat(4_096));
  t.deepEqual((await ask('get', {})).body.state, {
    desired: { sequence: 1, envelope: 'e'.repeat(4_096) },
    delta: { sequence: 1, envelope: 'e'.repeat(4_096) },
  });
  t.deepEqual(await state.read([{ room: 'reported', key: 'buoy' }]), [], 'nothing of it is left');
});

test('a report that comes late is dropped and told, and proves no health', async (t) => {
  const { report, observe, time, warned } = await scene();
  await report(boot('a', 2));
  const heard = observe('buoy').contactAt;
  await time.runUntil(start + 600_000);
  t.like(await report(boot('a', 1)), { topic: 'update/rejected' });
  t.is(observe('buoy').contactAt, heard);
  t.is(observe('buoy').dropped?.code, 'REPORT_LATE');
  t.like(await report(boot('a', 2, { agentVersion: '9' })), { topic: 'update/rejected' });
  t.deepEqual(warned, ['REPORT_LATE'], 'told once');
  t.is((await report(boot('a', 2))).topic, 'update/accepted', 'whose answer was lost');
  t.is(observe('buoy').dropped, undefined, 'a message that came twice is no fault of the device');
  t.is(observe('buoy').contactAt, heard);
  await report(boot('a', 1));
  t.is(observe('buoy').dropped?.code, 'REPORT_LATE');
  await report(boot('a', 3));
  t.is(observe('buoy').dropped, undefined);
});

test('a counter near its end silences nobody: not the next boot, not a clone, not the agent that tells no boot', async (t) => {
  const { report, observe } = await scene();
  await report(boot('a', 1));
  t.like(await report(boot('a', Number.MAX_SAFE_INTEGER)), { topic: 'update/rejected' }, 'a leap is not believed');
  t.is((await report(boot('a', 2))).topic, 'update/accepted');
  await report(boot('b', Number.MAX_SAFE_INTEGER));
  t.is((await report(boot('a', 3))).topic, 'update/accepted', 'the one it silenced goes on');
  t.is((await report(boot('c', 1))).topic, 'update/accepted');
  const old = await scene();
  await old.report(reportOf(Number.MAX_SAFE_INTEGER));
  const answers = [];
  for (const counter of [5, 6, 7, 8]) answers.push((await old.report(reportOf(counter))).topic);
  t.deepEqual(answers, ['update/rejected', 'update/rejected', 'update/accepted', 'update/accepted']);
  t.is(observe('buoy').report?.counter, 1);
});

test('a machine made anew under another key begins anew: nothing that the old one said is shown of it', async (t) => {
  const { report, observe, follow, settle } = await scene();
  const running = { sequence: 3, revision };
  await report(boot('a', 50, { phase: 'active', highestSequence: 3, running }));
  follow(`SHA256:${'B'.repeat(43)}`);
  await settle();
  t.is(observe('buoy').report, undefined);
  t.is((await report(boot('b', 1))).topic, 'update/accepted');
  t.is(observe('buoy').report?.running, undefined);
  // Agents that tell no boot are told apart by nothing but the key.
  await report(reportOf(50));
  follow(`SHA256:${'C'.repeat(43)}`);
  t.is((await report(reportOf(1))).topic, 'update/accepted');
});

test('two machines that take turns by their boots are told, however they connect', async (t) => {
  const { report, observe, warned } = await scene();
  for (let turn = 1; turn < 5; turn += 1) for (const id of ['a', 'b']) await report(boot(id, turn));
  t.true((observe('buoy').takeovers?.count ?? 0) >= 3);
  t.deepEqual(warned, ['TWO_MACHINES']);
});

test('of an agent that starts again and again a bounded part is remembered; its trouble is told once while it lasts', async (t) => {
  const { report, image, time, warned } = await scene();
  const start = async (number: number) => {
    const problem = { code: 'DISK_FULL', message: 'no room', at: new Date(time.now).toISOString(), sequence: number };
    await report(reportOf(1, { boot: { id: String(number).padStart(8, '0'), number }, problem }));
  };
  for (let number = 1; number <= 30; number += 1) {
    await start(number);
    await time.runUntil(time.now + 180_000);
  }
  t.is(image.device('buoy').heard?.boots.length, 4);
  t.is(image.document('history', 'buoy')?.length, 20);
  t.deepEqual(warned, ['DISK_FULL']);
  await time.runUntil(time.now + 3_600_000);
  await start(31);
  t.deepEqual(warned, ['DISK_FULL', 'DISK_FULL'], 'again after an hour without');
});

test('takeovers of connections are counted with their addresses, until an hour is quiet', async (t) => {
  const { engine, observe, settle, time, warned } = await scene({ tellsConnections: true });
  for (let turn = 0; turn < 4; turn += 1) {
    const [address, takenOverFrom] = turn % 2 === 0 ? ['10.0.0.2', '10.0.0.3'] : ['10.0.0.3', '10.0.0.2'];
    engine.tell({ kind: 'contact', device: 'buoy', connected: true, address: address!, takenOverFrom: takenOverFrom! });
    await settle();
  }
  t.like(observe('buoy').takeovers, { count: 4, addresses: ['10.0.0.3', '10.0.0.2'] });
  t.is(warned.filter((code) => code === 'TWO_MACHINES').length, 1);
  await time.runUntil(start + 2 * 3_600_000);
  engine.tell({ kind: 'contact', device: 'buoy', connected: true, address: 'x', takenOverFrom: 'y' });
  await settle();
  t.is(observe('buoy').takeovers?.count, 1);
});

test('a sequence beyond reason is told of its device, and nothing is issued above it', async (t) => {
  const { report, desire, observe } = await scene();
  await desire(1, 'first');
  const lie = boot('a', 1, { highestSequence: Number.MAX_SAFE_INTEGER, running: { sequence: 1, revision } });
  t.is((await report(lie)).topic, 'update/accepted');
  t.is(observe('buoy').issued?.sequence, 1);
  await report(boot('a', 2, { highestSequence: 1, running: { sequence: 1, revision } }));
  t.is(observe('buoy').issued?.sequence, 1);
});

test('a device that goes on claiming another deployment under its sequence is issued a new one ever more rarely', async (t) => {
  const { report, desire, observe, time, seeBranch } = await scene();
  await seeBranch();
  await desire(1, 'first');
  const claim = (counter: number) => {
    const { sequence } = observe('buoy').issued!;
    return boot('a', counter, { highestSequence: sequence, running: { sequence, revision: 'b'.repeat(40) } });
  };
  for (let counter = 1; counter <= 60; counter += 1) {
    await report(claim(counter));
    await time.runUntil(time.now + 60_000);
  }
  const { sequence } = observe('buoy').issued!;
  t.true(sequence > 2 && sequence < 10, `${sequence} after an hour`);
});

test('a clock that is set back silences no trouble, and delays no deployment', async (t) => {
  const { report, desire, observe, wall, time, warned, seeBranch } = await scene();
  wall.skewMs = 365 * 86_400_000;
  await seeBranch();
  await desire(1, 'first');
  const claim = (counter: number) => {
    const { sequence } = observe('buoy').issued!;
    const running = { sequence, revision: 'b'.repeat(40) };
    const problem = { code: 'DISK_FULL', message: 'no room', at: new Date(time.now).toISOString(), sequence: counter };
    return boot('a', counter, { highestSequence: sequence, running, problem });
  };
  await report(claim(1));
  t.deepEqual([observe('buoy').issued?.sequence, warned], [2, ['DISK_FULL']]);
  wall.skewMs = 0;
  await time.runUntil(time.now + 3_600_000);
  await report(claim(2));
  t.deepEqual([observe('buoy').issued?.sequence, warned], [3, ['DISK_FULL', 'DISK_FULL']]);
});

test('what was not delivered is owed over a restart, told, and settled when the broker is back', async (t) => {
  const { desire, said, broker, observe, rows, time, settle } = await scene();
  broker.isAway = true;
  await desire(1, 'first');
  await settle();
  t.is(observe('buoy').unsettled?.kind, 'deliver');
  t.true((await rows()).some((row) => row.startsWith('owed/deliver buoy')));
  broker.isAway = false;
  await time.runUntil(time.now + 5_000);
  t.deepEqual(
    said.map(({ topic, body }) => [topic, body.state]),
    [['update/delta', { sequence: 1, envelope: 'first' }]],
  );
  t.is(observe('buoy').unsettled, undefined);
  t.false((await rows()).some((row) => row.startsWith('owed/')));
});

test('a word that may not have been said is owed over a stop by a mark in the record; that it was said takes no row', async (t) => {
  const { desire, rows, state, time, image } = await scene();
  await desire(1, 'first');
  t.is(image.device('buoy').untoldSince, undefined);
  const marked = await rows();
  t.true(marked.some((row) => row.startsWith('device/buoy=') && row.includes('untoldSince')));
  t.false(marked.some((row) => row.startsWith('owed/')));
  const said: string[] = [];
  const clock = time.clock({ alive: true });
  const next = await openEngine({
    state,
    clock,
    publish: async ({ topic }) => void said.push(topic.split('/fleet/')[1]!),
  });
  await time.runUntil(time.now + 1);
  t.deepEqual(said, ['update/delta']);
  t.deepEqual(await rows(), marked);
  next.engine.resume(revision, fleetOf([namedDevice('buoy', key)]));
  next.ask('buoy', 'update', { state: { reported: reportOf(1) } });
  await time.runUntil(time.now + 1);
  t.false(
    (await rows()).some((row) => row.includes('untoldSince')),
    'the next write of its row says it',
  );
});

test('a device that is not connected is owed no word: it asks when it comes', async (t) => {
  const { desire, said, rows, engine, settle } = await scene({ tellsConnections: true });
  await desire(1, 'first');
  t.deepEqual(said, []);
  t.false((await rows()).some((row) => row.startsWith('owed/')));
  engine.tell({ kind: 'contact', device: 'buoy', connected: true });
  await settle();
  await desire(2, 'second');
  await settle();
  t.is(said[0]?.topic, 'update/delta');
});

test('a contact is the latest of all, whether a question or a report made it', async (t) => {
  const { ask, report, observe, time } = await scene();
  await ask('get', {});
  await time.runUntil(start + 5_000);
  await report(reportOf(1));
  t.is(observe('buoy').contactAt, start + 5_000);
  await time.runUntil(start + 9_000);
  await ask('get', {});
  await time.runUntil(start + 120_000);
  t.is(observe('buoy').contactAt, start + 9_000, 'after it was written down');
});

test('a contact by a clock that ran ahead gives way to the next one, and who asks without being named leaves none', async (t) => {
  const { ask, report, observe, wall, time, image } = await scene();
  wall.skewMs = 365 * 86_400_000;
  await report(reportOf(1));
  wall.skewMs = 0;
  await ask('get', {});
  t.is(observe('buoy').contactAt, start);
  wall.skewMs = 365 * 86_400_000;
  await ask('get', {});
  wall.skewMs = 0;
  await report(reportOf(2));
  t.is(observe('buoy').contactAt, start, 'whichever of the two was by that clock');
  await ask('get', {}, 'stranger');
  await time.runUntil(start + 120_000);
  t.is(observe('buoy').contactAt, start);
  t.false(image.devices.has('stranger'));
});

test('a device that git names again is handed what it was issued, without asking', async (t) => {
  const { engine, desire, said, settle, follow, image } = await scene();
  await desire(1, 'first');
  engine.resume(revision, fleetOf([namedDevice('other', key)]));
  await settle();
  t.is(image.device('buoy').shadow.desiredAt, undefined);
  said.length = 0;
  follow();
  await settle();
  t.deepEqual(
    said.map(({ topic, body }) => [topic, body.state]),
    [['update/delta', { sequence: 1, envelope: 'first' }]],
  );
});

test('one event that fails takes no other with it', async (t) => {
  const { engine, settle, observe, ask } = await scene();
  const issued = { sequence: 0, revision, issuedAt: 0, templateHash: 'x', applications: [] };
  const wrong = engine.ask({ kind: 'signed', device: 'buoy', issued, envelope: 'x' });
  const failing = t.throwsAsync(wrong, { instanceOf: RangeError });
  const answering = ask('update', { state: { reported: reportOf(1) } });
  await settle();
  await failing;
  t.is((await answering).topic, 'update/accepted');
  t.is(observe('buoy').report?.counter, 1);
});
