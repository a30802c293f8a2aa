/** What devices said of themselves and somebody carried ashore: as old as it is, once, and never in the place of what is newer. */
import test from 'ava';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const start = Date.parse('2026-03-10T00:00:00Z');
const dayMs = 86_400_000;
const key = `SHA256:${'A'.repeat(43)}`;
const at = (days: number): string => new Date(start + days * dayMs).toISOString();
const running = { sequence: 3, revision };

/** A device that was heard ten days ago. */
async function scene() {
  const time = new SimTime(start - 10 * dayMs);
  const made = await openEngine({ clock: time.clock({ alive: true }) });
  made.engine.resume(revision, fleetOf([namedDevice('buoy', key)]));
  const settle = () => time.runUntil(time.now);
  const say = async (report: Report): Promise<void> => {
    made.ask('buoy', 'update', { state: { reported: report } });
    await settle();
  };
  await say(reportOf(1, { at: at(-10), boot: { id: 'aa', number: 1 } }));
  await time.runUntil(start);
  const bring = async (report: object, device = 'buoy'): Promise<string | undefined> => {
    const brought = made.engine.takeReceipt({ device, reported: report as never, who: 'ada' });
    await settle();
    return (await brought)?.code;
  };
  const seen = () => made.observe('buoy');
  const events = async () => {
    await made.image.documents.bring([{ room: 'history', name: 'buoy' }]);
    return made.image.documents.get('history', 'buoy') ?? [];
  };
  return { ...made, time, say, bring, seen, events };
}

const carried = reportOf(9, { at: at(-2), boot: { id: 'bb', number: 2 }, phase: 'active', running });

test('a receipt is taken with its true age, and who brought it is told until the device is heard by itself', async (t) => {
  const { bring, seen, say, events, engine } = await scene();
  t.is(await bring(carried), undefined);
  const { contactAt, report, carried: by } = seen();
  const history = await events();
  t.is(contactAt, start - 2 * dayMs);
  t.like(report, { counter: 9, running });
  t.deepEqual(by, { at: start, by: 'ada' });
  t.is(history[0]?.message, `ada brought its report of ${at(-2)} by hand`);
  t.true(history.some(({ code }) => code === 'PHASE_ACTIVE'));
  await say(reportOf(10, { at: at(0), boot: { id: 'bb', number: 2 }, phase: 'active', running }));
  t.is(seen().carried, undefined);
  t.is(seen().contactAt, start);
  await engine.stop();
});

test('a receipt that was brought before, is older than what is known, or is no report counts for nothing', async (t) => {
  const { bring, seen, engine } = await scene();
  t.is(await bring(carried), undefined);
  const known = JSON.stringify(seen().report);
  t.is(await bring(carried), 'RECEIPT_OLD');
  t.is(await bring(reportOf(8, { at: at(-1), boot: { id: 'bb', number: 2 } })), 'REPORT_LATE');
  t.is(await bring(reportOf(1, { at: at(-5), boot: { id: 'cc', number: 1 } })), 'RECEIPT_OLD');
  t.is(await bring({ counter: 10 }), 'REPORT_NOT_VALID');
  t.is(await bring(carried, 'stranger'), 'DEVICE_UNKNOWN');
  t.is(JSON.stringify(seen().report), known);
  await engine.stop();
});

test('a device whose clock runs ahead was not heard in the future', async (t) => {
  const { bring, seen, engine } = await scene();
  t.is(await bring({ ...carried, at: at(400) }), undefined);
  t.is(seen().contactAt, start);
  await engine.stop();
});

test('a clock that ran ahead and was set right keeps no receipt from the shore that was made since, and lets none in that is older', async (t) => {
  const { bring, seen, time, engine } = await scene();
  const ahead = { ...carried, at: at(400) };
  const later = (days: number, boot: string) => reportOf(1, { at: at(days), boot: { id: boot, number: 3 } });
  t.is(await bring(ahead), undefined);
  await time.runUntil(start + 5 * dayMs);
  t.is(await bring(ahead), 'RECEIPT_OLD');
  t.is(await bring(later(-1, 'cc')), 'RECEIPT_OLD');
  t.is(await bring(later(399, 'cc')), 'RECEIPT_OLD');
  t.is(await bring(later(4, 'dd')), undefined);
  t.is(seen().contactAt, start + 4 * dayMs);
  t.is(await bring(later(4, 'dd')), 'RECEIPT_OLD');
  t.is(await bring(later(3, 'ee')), 'RECEIPT_OLD');
  await engine.stop();
});
