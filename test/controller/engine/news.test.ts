/** A device without a session: its report counts as any other, and it hears what is news to it in the same answer. */
import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { packReport, sumOfJson } from '../../../schemas/brief-report.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const key = `SHA256:${'A'.repeat(43)}`;

async function scene() {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const said: string[] = [];
  const made = await openEngine({
    clock: time.clock({ alive: true }),
    state: openSqliteState(':memory:'),
    publish: async ({ topic }) => void said.push(topic),
    tellsConnections: true,
  });
  made.engine.resume(revision, fleetOf([namedDevice('buoy', key)]));
  await time.runUntil(time.now);
  const after = async <T>(work: Promise<T>): Promise<T> => {
    await time.runUntil(time.now);
    return work;
  };
  const ask = (report: Uint8Array, known?: object, device = 'buoy') =>
    after(made.engine.news({ kind: 'news', device, knows: known === undefined ? 0 : sumOfJson(known), report }));
  const desire = (sequence: number, envelope: string) => after(made.desire('buoy', sequence, envelope));
  return { ...made, ask, desire, said, time };
}

test('who asks is told once what is news, and its report is taken', async (t) => {
  const { ask, desire, observe, said, time } = await scene();
  t.deepEqual(await ask(packReport(reportOf(1))), { report: 'taken' });
  t.is(observe('buoy').contactAt, time.now);
  await desire(1, 'ENVELOPE');
  const desired = { sequence: 1, envelope: 'ENVELOPE' };
  const second = packReport(reportOf(2), reportOf(1));
  t.deepEqual(await ask(second), { report: 'taken', desired });
  t.deepEqual(await ask(packReport(reportOf(3), reportOf(2)), desired), { report: 'taken' });
  t.deepEqual(observe('buoy').report, reportOf(3));
  t.deepEqual(said, [], 'nothing of it goes to a broker');
});

test('a report over another one is asked for whole, before anything is told', async (t) => {
  const { ask, desire, observe } = await scene();
  await desire(1, 'ENVELOPE');
  t.deepEqual(await ask(packReport(reportOf(3), reportOf(2))), { report: 'other-base' });
  t.is(observe('buoy').report, undefined);
  t.like(await ask(packReport(reportOf(3))), { report: 'taken', desired: { sequence: 1 } });
});

test('a report that is late or none is refused with the reason, and who sent it hears what is news all the same', async (t) => {
  const { ask, desire, observe } = await scene();
  await ask(packReport(reportOf(5)));
  await desire(1, 'ENVELOPE');
  t.like(await ask(packReport(reportOf(4), reportOf(5))), { report: 'refused', desired: { sequence: 1 } });
  t.is(observe('buoy').dropped?.code, 'REPORT_LATE');
  t.like(await ask(packReport({ ...reportOf(6), phase: 'asleep' as Report['phase'] })), { report: 'refused' });
  t.deepEqual(observe('buoy').report, reportOf(5));
});

test('who asks was heard, also where its report is refused again and again', async (t) => {
  const { ask, observe, time } = await scene();
  await ask(packReport(reportOf(5)));
  for (let hour = 1; hour <= 3; hour += 1) {
    await time.runUntil(time.now + 3_600_000);
    t.like(await ask(packReport({ ...reportOf(6), phase: 'asleep' as Report['phase'] })), { report: 'refused' });
    t.is(observe('buoy').contactAt, time.now);
  }
  t.is(observe('buoy').dropped?.code, 'REPORT_NOT_VALID');
});

test('who knows something that is not wanted any more hears that nothing is', async (t) => {
  const { ask } = await scene();
  t.deepEqual(await ask(packReport(reportOf(1)), { sequence: 9, envelope: 'OLD' }), { report: 'taken', desired: null });
});

test('of a device that git does not name nothing is remembered', async (t) => {
  const { ask, image } = await scene();
  t.deepEqual(await ask(packReport(reportOf(1)), undefined, 'stranger'), {
    report: 'refused',
    message: 'Thing not found',
  });
  t.false(image.devices.has('stranger'));
});
