/** A whole agent on simulated ports whose deployments need somebody aboard to say yes. */
import test from 'ava';
import { loseAll } from '../../sim/disk-crash.ts';
import type { Ship } from '../ship.ts';
import { gauge2, gaugeBad, horn1, proved } from './proved-ship.ts';

const old = ['gauge 1.0.0', 'horn 1.0.0'];
const fresh = ['gauge 2.0.0', 'horn 1.0.0'];
const consent = 'required' as const;

/** A ship that has fetched deployment 2, which needs consent. */
async function askingShip() {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2, horn1], { consent }));
  await ship.run(60);
  return ship;
}

const said = (ship: Ship, answer: 'granted' | 'denied', more: object = {}) =>
  ship.ask({ ask: 'consent', deployment: 2, answer, by: 'mate', ...more });

test('what needs consent waits for it, denied and later granted, without a link', async (t) => {
  const ship = await askingShip();
  t.like(ship.reports.at(-1)?.waiting, { to: 'activate', code: 'CONSENT_NEEDED' });
  t.deepEqual(ship.running(), old);
  t.like(await ship.ask({ ask: 'status' }), { phase: 'waiting', target: { sequence: 2, needsConsent: true } });
  ship.link.set(false);
  t.like(await said(ship, 'denied', { reason: 'pilot aboard' }), { kind: 'kept', consent: { answer: 'denied' } });
  t.like(ship.report.waiting, {
    code: 'CONSENT_DENIED',
    message: 'mate said no: pilot aboard',
  });
  await ship.run(3600);
  t.deepEqual(ship.running(), old);
  ship.link.set(true);
  await ship.run(60);
  t.like(ship.reports.at(-1)?.consent, { sequence: 2, answer: 'denied', by: 'mate', reason: 'pilot aboard' });
  ship.link.set(false);
  t.like(await said(ship, 'granted', { by: 'master' }), { kind: 'kept' });
  await ship.run(60);
  t.deepEqual(ship.running(), fresh);
  ship.link.set(true);
  await ship.run(60);
  t.like(ship.reports.at(-1), { phase: 'active', consent: { answer: 'granted', by: 'master' } });
});

test('a yes or a no counts until its end, and then it is asked again', async (t) => {
  const ship = await askingShip();
  const windows = { activate: [{ cron: '0 3 * * *', seconds: 3600, timeZone: 'UTC' }] };
  await said(ship, 'denied', { until: '2026-03-01T01:00:00Z' });
  await ship.run(1800);
  t.like(ship.report.waiting, { code: 'CONSENT_DENIED' });
  await ship.run(1800);
  t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
  t.regex(ship.report.waiting?.message ?? '', /the no of mate counted until 2026-03-01T01:00:00\.000Z/);
  ship.want(ship.shore.desired(3, [gauge2, horn1], { consent, windows }));
  await ship.run(60);
  const answer = { ask: 'consent', deployment: 3, answer: 'granted', by: 'mate', until: '2026-03-01T02:00:00Z' };
  t.like(await ship.ask(answer), { kind: 'kept' });
  t.like(ship.report.waiting, { code: 'WINDOW' });
  await ship.run(7200);
  t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
  t.deepEqual(ship.running(), old, 'the window opens after the yes has ended');
});

test('consent is bound to the deployment that it was given for', async (t) => {
  const ship = await askingShip();
  ship.want(ship.shore.desired(3, [gaugeBad, horn1], { consent }));
  t.like(await ship.run(60).then(() => said(ship, 'granted')), { kind: 'refused', code: 'OTHER_DEPLOYMENT' });
  t.deepEqual(ship.running(), old);
  t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
  const windows = { activate: [{ cron: '0 3 * * *', seconds: 3600, timeZone: 'UTC' }] };
  ship.want(ship.shore.desired(4, [gauge2, horn1], { consent, windows }));
  await ship.run(60);
  t.like(await ship.ask({ ask: 'consent', deployment: 4, answer: 'granted', by: 'mate' }), { kind: 'kept' });
  ship.want(ship.shore.desired(5, [gauge2, horn1], { consent }));
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
  t.is(ship.report.consent, undefined);
  t.deepEqual(ship.running(), old);
});

test('what was said survives a power cut right after it was answered', async (t) => {
  for (const answer of ['granted', 'denied'] as const) {
    const ship = await askingShip();
    t.like(await said(ship, answer), { kind: 'kept' });
    ship.cutPower(loseAll);
    ship.link.set(false);
    ship.boot();
    await ship.run(60);
    t.deepEqual(ship.running(), answer === 'granted' ? fresh : old);
    t.like(ship.report.consent, { answer, by: 'mate' });
  }
});

test('of what is said again and again while the disk is full the last is written when it takes it, and no more', async (t) => {
  const ship = await askingShip();
  ship.disk.leaveRoom(0);
  for (let times = 1; times <= 500; times += 1) {
    t.like(await said(ship, 'denied', { reason: `time ${times}` }), { kind: 'refused', code: 'NOT_WRITTEN' });
  }
  const before = ship.disk.operations;
  ship.disk.leaveRoom(2 ** 40);
  await ship.run(600);
  t.like(ship.report.consent, { answer: 'denied', reason: 'time 500' });
  t.true(ship.disk.operations - before < 200, `${ship.disk.operations - before} operations of the disk`);
});

test('a no that is said while a full disk keeps back what was granted is heard before that goes on', async (t) => {
  const ship = await proved();
  const windows = { activate: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { consent, windows }));
  await ship.run(60);
  t.like(await said(ship, 'granted'), { kind: 'kept' });
  await ship.run(3600);
  ship.disk.leaveRoom(0);
  await ship.run(3600);
  t.is(ship.report.problem?.code, 'DISK_FULL');
  t.like(await said(ship, 'denied'), { kind: 'refused', code: 'NOT_WRITTEN' });
  ship.disk.leaveRoom(2 ** 40);
  for (let seconds = 0; seconds < 600 && ship.report.consent?.answer !== 'denied'; seconds += 1) await ship.run(1);
  t.deepEqual(ship.running(), old);
  t.like(ship.report.waiting, { code: 'CONSENT_DENIED' });
  t.like(await said(ship, 'granted'), { kind: 'kept' });
  await ship.run(120);
  t.deepEqual(ship.running(), fresh);
});

test('consent may be given while it is still being fetched, and nothing waits then', async (t) => {
  const ship = await proved();
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 1_000 };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { consent }));
  await ship.run(3);
  t.is(ship.report.phase, 'fetching');
  t.like(await said(ship, 'granted'), { kind: 'kept' });
  await ship.run(120);
  t.deepEqual(ship.running(), fresh);
  t.false(ship.reports.some(({ phase }) => phase === 'waiting'));
});

test('a clock that stands before what was signed does not let a yes with an end count', async (t) => {
  const ship = await proved();
  const windows = { activate: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { consent, windows }));
  await ship.run(60);
  t.like(await said(ship, 'granted', { until: '2026-03-01T06:00:00Z' }), { kind: 'kept' });
  ship.skewMs = -30 * 86_400_000;
  await ship.run(120);
  t.like(ship.report.waiting, { code: 'CLOCK_UNSURE' });
  t.regex(ship.report.waiting?.message ?? '', /whether the yes of mate still counts is not known until it is set/);
});

test('what was said and is over does not count again when the clock is set back, before and after a power cut', async (t) => {
  for (const cut of [false, true]) {
    const ship = await proved();
    const windows = { activate: [{ cron: '*/5 2-3 * * *', seconds: 60, timeZone: 'UTC' }] };
    ship.want(ship.shore.desired(2, [gauge2, horn1], { consent, windows }));
    await ship.run(3600);
    t.like(await said(ship, 'granted', { until: '2026-03-01T01:30:00Z' }), { kind: 'kept' });
    await ship.run(3600);
    t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
    ship.skewMs = -3_000_000;
    if (cut) {
      ship.cutPower(loseAll);
      ship.boot();
    }
    await ship.run(120);
    t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
    ship.skewMs = 0;
    await ship.run(600);
    t.deepEqual(ship.running(), old);
    t.like(await said(ship, 'granted'), { kind: 'kept' });
    await ship.run(600);
    t.deepEqual(ship.running(), fresh);
  }
});

test('a clock that is set back while it counts gives a yes no longer time, and one that stands before it leaves it in doubt', async (t) => {
  const ship = await proved();
  const windows = { activate: [{ cron: '0 12 * * *', seconds: 3600, timeZone: 'UTC' }] };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { consent, windows }));
  await ship.run(7200);
  t.like(await said(ship, 'granted', { until: '2026-03-01T03:00:00Z' }), { kind: 'kept' });
  ship.skewMs = -6_000_000;
  await ship.run(1800);
  t.like(ship.report.waiting, { code: 'WINDOW' });
  ship.cutPower(loseAll);
  ship.shore.nowMs = ship.time.now;
  ship.boot();
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'CLOCK_UNSURE' });
  t.regex(
    ship.report.waiting?.message ?? '',
    /shows 2026-03-01 and stands before 2026-03-01T02:01Z, when that was said/,
  );
  ship.skewMs = 0;
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'WINDOW' });
  ship.skewMs = -1_500_000;
  await ship.run(1800);
  t.like(ship.report.waiting, { code: 'CONSENT_NEEDED' });
});

test('who asks something else is told what is wrong with it, and nothing changes', async (t) => {
  const ship = await askingShip();
  const told = async (question: object): Promise<string> => {
    const { kind, code, message } = await ship.ask(question);
    return `${kind} ${code} ${message}`;
  };
  const right = { ask: 'consent', deployment: 2, answer: 'granted', by: 'mate' };
  t.regex(await told([]), /refused NO_QUESTION a question is a JSON object/);
  t.regex(await told({ ask: 'reboot' }), /"ask" must be "status", "consent", "wake"/);
  t.regex(await told({ ...right, deployment: '2' }), /"deployment" must be the number/);
  t.regex(await told({ ...right, answer: 'yes' }), /"answer" must be "granted" or "denied"/);
  t.regex(await told({ ...right, by: ' ' }), /"by" must say who answers/);
  t.regex(await told({ ...right, reason: 'a\nb' }), /"reason" must be a line/);
  for (const until of ['tomorrow', '2026-02-30T08:00:00Z', '2026-03-01T24:30:00Z', '2026-03-01T08:00:00', 5])
    t.regex(await told({ ...right, until }), /"until" must be a moment that there is, with its zone/);
  t.regex(await told({ ...right, until: '2026-01-01T00:00:00Z' }), /UNTIL_PAST/);
  t.regex(await told({ ...right, until: '2028-01-01T00:00:00Z' }), /UNTIL_TOO_FAR/);
  t.is(await ship.doors.ask('/state/agent.sock', '{').then((line) => JSON.parse(line).code), 'NO_QUESTION');
  t.deepEqual(ship.running(), old);
  t.is(ship.report.consent, undefined);
  t.like(await ship.ask(right), { kind: 'kept' });
  t.regex(await told(right), /refused (NOTHING_WAITS|TOO_OFTEN)/);
  await ship.run(60);
  t.regex(await told(right), /refused NOTHING_WAITS/);
  ship.want(ship.shore.desired(3, [horn1]));
  await ship.run(1);
  t.regex(await told({ ...right, deployment: 3 }), /refused NOT_ASKED|refused NOTHING_WAITS/);
});
