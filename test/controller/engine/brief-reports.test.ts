/** Devices that know this service: what they ask and say in few bytes, and what they are answered. */
import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { packedSum, packReport, sumOfJson } from '../../../schemas/brief-report.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const key = `SHA256:${'A'.repeat(43)}`;

interface Said {
  readonly topic: string;
  readonly body: object;
}

/** A device `buoy` and its engine in virtual time; `ask` gives all that was said after it. */
async function scene({ tellsConnections = false } = {}) {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const said: Said[] = [];
  const made = await openEngine({
    clock: time.clock({ alive: true }),
    state: openSqliteState(':memory:'),
    publish: async ({ topic, payload }) => {
      said.push({ topic: topic.split('/fleet/')[1]!, body: JSON.parse(new TextDecoder().decode(payload)) });
    },
    tellsConnections,
  });
  made.engine.resume(revision, fleetOf([namedDevice('buoy', key)]));
  const settle = (): Promise<void> => time.runUntil(time.now);
  await settle();
  const ask = async (operation: 'get' | 'update', body: unknown): Promise<readonly Said[]> => {
    said.length = 0;
    made.ask('buoy', operation, body);
    await settle();
    return [...said];
  };
  const desire = async (sequence: number, envelope: string): Promise<void> => {
    const done = made.desire('buoy', sequence, envelope);
    await settle();
    await done;
  };
  return { ...made, ask, desire };
}

test('a brief report is answered by its sum alone, and is the report from then on', async (t) => {
  const { ask, observe } = await scene();
  const first = packReport(reportOf(1));
  t.deepEqual(await ask('update', first), [{ topic: 'update/accepted', body: { report: packedSum(first) } }]);
  t.deepEqual(observe('buoy').report, reportOf(1));
  const second = packReport(reportOf(2, { phase: 'fetching' }), reportOf(1));
  t.deepEqual(await ask('update', second), [{ topic: 'update/accepted', body: { report: packedSum(second) } }]);
  t.deepEqual(observe('buoy').report, reportOf(2, { phase: 'fetching' }));
});

test('a brief report over another report than the known one is asked for whole, and changes nothing', async (t) => {
  const { ask, observe } = await scene();
  await ask('update', { state: { reported: reportOf(1) } });
  const lost = packReport(reportOf(3), reportOf(2));
  const [answer] = await ask('update', lost);
  t.like(answer, { topic: 'update/rejected', body: { code: 409, report: packedSum(lost) } });
  t.deepEqual(observe('buoy').report, reportOf(1));
  t.is(observe('buoy').dropped, undefined, 'nobody is told: it happens to honest devices');
  const whole = packReport(reportOf(3));
  t.like((await ask('update', whole))[0], { topic: 'update/accepted' });
  t.deepEqual(observe('buoy').report, reportOf(3));
});

test('a brief report is judged as any other', async (t) => {
  const { ask, observe } = await scene();
  await ask('update', packReport(reportOf(5)));
  t.like((await ask('update', packReport(reportOf(4), reportOf(5))))[0], { body: { code: 400 } });
  t.like(observe('buoy').dropped, { code: 'REPORT_LATE' });
  t.like((await ask('update', packReport({ ...reportOf(6), phase: 'asleep' })))[0], { body: { code: 400 } });
  const damaged = packReport(reportOf(7));
  damaged[damaged.length - 1]! ^= 0xff;
  t.like((await ask('update', damaged))[0], { topic: 'update/rejected', body: { code: 400 } });
  t.deepEqual(observe('buoy').report, reportOf(5));
});

test('a brief report after one as AWS knows it goes on from that, and the other way round', async (t) => {
  const { ask, observe } = await scene();
  await ask('update', { state: { reported: { ...reportOf(1), problem: null } } });
  t.like((await ask('update', packReport(reportOf(2), reportOf(1))))[0], { topic: 'update/accepted' });
  const answers = await ask('update', { state: { reported: reportOf(3) }, clientToken: 'old' });
  t.like(answers[0], { topic: 'update/accepted', body: { clientToken: 'old', state: { reported: reportOf(3) } } });
  t.deepEqual(observe('buoy').report, reportOf(3));
});

test('who says what it knows hears what is news, and nothing that it said itself', async (t) => {
  const { ask, desire } = await scene();
  const brief = { isFollowed: false, fillsParcels: true };
  const answer = (body: object) => [{ topic: 'get/accepted', body: { ...body, brief, clientToken: 'g' } }];
  t.deepEqual(await ask('get', { clientToken: 'g', knows: 0 }), answer({}), 'nothing was ever wanted of it');
  t.deepEqual(await ask('get', { clientToken: 'g', knows: 7 }), answer({ state: {} }));
  await desire(1, 'first');
  await ask('update', packReport(reportOf(1)));
  const desired = { sequence: 1, envelope: 'first' };
  t.deepEqual(await ask('get', { clientToken: 'g', knows: 0 }), answer({ state: { desired } }));
  t.deepEqual(await ask('get', { clientToken: 'g', knows: sumOfJson(desired) }), answer({}));
});

test('who says nothing of what it knows is answered as AWS answers', async (t) => {
  const { ask, desire } = await scene();
  await desire(1, 'first');
  for (const knows of [undefined, 'all', -1, 1.5]) {
    const [answer] = await ask('get', { knows });
    t.like(answer, { body: { version: 1, state: { desired: { sequence: 1 }, delta: { sequence: 1 } } } });
    t.false('brief' in (answer?.body ?? {}));
  }
});

test('a device hears whether its connection is followed', async (t) => {
  const { ask } = await scene({ tellsConnections: true });
  t.like((await ask('get', { knows: 0 }))[0], { body: { brief: { isFollowed: true } } });
});
