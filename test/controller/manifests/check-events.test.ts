import test from 'ava';
import { checkChannels } from '../../../controller/manifests/check-channels.ts';
import { checkDocument } from '../../../controller/manifests/document-check.ts';
import { runningEvents } from '../../../controller/manifests/running-events.ts';

const codesOf = (spec: object): readonly string[] => {
  const metadata = { name: 'app' };
  const checked = checkDocument({ apiVersion: 'fleet/v1alpha1', kind: 'Application', metadata, spec }, 0);
  return checked.kind === 'manifest' ? [] : checked.findings.map(({ code, path }) => `${code} ${path.join('.')}`);
};

test('a trigger that names a bad schedule, an unknown zone or a channel that is not read is refused where it says so', (t) => {
  const schedule = (cron: string, timeZone = 'UTC') => ({ release: '1', trigger: { schedule: { cron, timeZone } } });
  t.deepEqual(codesOf(schedule('*/5 * * * *', 'Europe/Oslo')), []);
  t.deepEqual(codesOf(schedule('61 * * * *')), ['BAD_SCHEDULE spec.trigger.schedule.cron']);
  t.deepEqual(codesOf(schedule('0 0 30 2 *')), ['BAD_SCHEDULE spec.trigger.schedule.cron']);
  for (const passing of ['2099-12-24T00:00:00', '0 0 0 1 1 * 2099', '@annually'])
    t.deepEqual(codesOf(schedule(passing)), ['BAD_SCHEDULE spec.trigger.schedule.cron'], passing);
  t.deepEqual(codesOf(schedule('0 0 * * *', 'Europe/Osslo')), ['UNKNOWN_TIME_ZONE spec.trigger.schedule.timeZone']);
  const message = { message: { channel: 'reading' } };
  t.deepEqual(codesOf({ release: '1', trigger: message, channels: { in: { reading: {} } } }), []);
  t.deepEqual(codesOf({ release: '1', trigger: message, channels: { in: { readings: {} } } }), [
    'UNKNOWN_CHANNEL spec.trigger.message.channel',
  ]);
  t.deepEqual(codesOf({ release: '1', events: { concurrency: 2 } }), ['NO_TRIGGER spec.events']);
});

test('a route that no request can reach is refused', (t) => {
  const routed = (route: string) => codesOf({ release: '1', trigger: { http: { route } } });
  for (const route of ['/', '/a/..b', '/.well-known/a', '/a...']) t.deepEqual(routed(route), [], route);
  for (const route of ['/..', '/.', '/a/../b', '/a/.', '/a//b', '/a/', '/%61'])
    t.deepEqual(routed(route), ['BAD_VALUE spec.trigger.http.route'], route);
});

test('a kept instance names the handler that is called, and only a kept one has it', (t) => {
  const events = (terms: object) => ({ release: '1', trigger: { http: { route: '/' } }, events: terms });
  t.deepEqual(codesOf(events({ instance: 'kept', handler: 'handle' })), []);
  t.deepEqual(codesOf(events({ instance: 'kept' })), ['NO_HANDLER spec.events.instance']);
  t.deepEqual(codesOf(events({ handler: 'handle' })), ['NO_KEPT_INSTANCE spec.events.handler']);
  t.deepEqual(codesOf(events({ instance: 'fresh', handler: 'handle' })), ['NO_KEPT_INSTANCE spec.events.handler']);
  const stateful = { instance: 'kept', handler: 'handle', snapshots: {} };
  t.deepEqual(codesOf(events(stateful)), []);
  t.deepEqual(codesOf(events({ snapshots: {} })), ['NO_KEPT_INSTANCE spec.events.snapshots']);
  t.deepEqual(codesOf(events({ ...stateful, concurrency: 2 })), ['SEVERAL_STATES spec.events.snapshots']);
  const links = { codec: { release: 'codec/1' } };
  t.deepEqual(codesOf({ ...events(stateful), links }), ['SEVERAL_STATES spec.events.snapshots']);
  const handing = (spec: object, handover = 'migrate') => codesOf({ ...spec, handover });
  t.deepEqual(handing(events({ instance: 'kept', handler: 'handle' })), []);
  t.deepEqual(handing(events({})), ['NO_KEPT_INSTANCE spec.handover']);
  t.deepEqual(handing({ release: '1' }), ['NO_KEPT_INSTANCE spec.handover']);
  t.deepEqual(handing({ release: '1' }, 'none'), []);
  t.deepEqual(runningEvents({ handover: 'none' }), {});
  t.deepEqual(runningEvents({ handover: 'snapshot' }), { handover: 'snapshot' });
  const kept = { instance: 'kept', handler: 'handle', concurrency: 2 } as const;
  t.deepEqual(runningEvents({ events: kept }), { events: kept });
});

test('a channel whose messages find no room in its quota for the shore is refused where it says so', (t) => {
  const out = (channel: object) => ({ release: '1', channels: { out: { alarms: channel } } });
  t.deepEqual(codesOf(out({ shore: {} })), []);
  t.deepEqual(codesOf(out({ messageBytes: '256KiB', shore: {} })), []);
  t.deepEqual(codesOf(out({ messageBytes: '16KiB', shore: { quota: '64KiB' } })), []);
  const refused = ['QUOTA_TOO_SMALL spec.channels.out.alarms.shore'];
  t.deepEqual(codesOf(out({ messageBytes: '17KiB', shore: { quota: '64KiB' } })), refused);
  t.deepEqual(codesOf(out({ shore: { quota: '255KiB' } })), refused, 'a message may have 64KiB unless it is said');
  t.deepEqual(codesOf(out({ messageBytes: '256KiB' })), []);
});

test('an application can not have the channel of the agent itself, and others may call theirs so', (t) => {
  const spec = { release: '1', channels: { out: { logbook: { shore: {} } } } };
  const codes = (name: string): string[] => {
    const found: string[] = [];
    checkChannels({ metadata: { name }, spec }, (path, _part, code) => found.push(`${code} ${path.join('.')}`));
    return found;
  };
  t.deepEqual(codes('fleet-agent'), ['CHANNEL_RESERVED spec.channels.out.logbook']);
  t.deepEqual(codes('gauge'), []);
});

test('what a manifest says of events and channels travels in bytes and milliseconds, and what it leaves out does not', (t) => {
  t.deepEqual(runningEvents({}), {});
  const channels = { in: { a: {} }, out: { b: { messageBytes: '2KiB' }, c: {} } };
  t.deepEqual(runningEvents({ events: { timeLimit: '250ms', queue: 0 }, channels }), {
    events: { timeLimitMs: 250, queue: 0 },
    channels: { in: { a: {} }, out: { b: { messageBytes: 2048 }, c: {} } },
  });
  t.is(runningEvents({ events: { timeLimit: '2m' } }).events?.timeLimitMs, 120_000);
  t.deepEqual(runningEvents({ events: { snapshots: { every: '2h' } } }).events, {
    snapshots: { everySeconds: 7_200, bytesPerDayMax: 2 ** 26 },
  });
});
