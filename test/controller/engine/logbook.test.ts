import test from 'ava';
import type { LogbookEvent } from '../../../controller/engine/events.ts';
import { eventsPerDeviceMax, ownEventsPerDeviceMax } from '../../../controller/engine/history.ts';
import { openEngine } from './test-engine.ts';

const stream = '0123456789abcdef';
const dayMs = 86_400_000;
const happenedAt = Date.parse('2026-03-01T03:00:00Z');

function entry(n: number, code = 'LINK_LOST') {
  return { at: happenedAt + n * 1_000, entry: { boot: 3, upSeconds: n, code, message: `number ${n}` } };
}

function logbook(index: number, numbers: readonly number[], more: Partial<LogbookEvent> = {}): LogbookEvent {
  const entries = numbers.map((n) => entry(n));
  return { kind: 'logbook', device: 'buoy', stream, segment: 1, index, dropped: 0, entries, ...more };
}

async function openHistory() {
  const opened = await openEngine();
  const events = async () => {
    await opened.image.documents.bring([{ room: 'history', name: 'buoy' }]);
    return opened.image.documents.get('history', 'buoy') ?? [];
  };
  return { ...opened, events };
}

test('what a device wrote down becomes its events, newest first, with its own times beside ours', async (t) => {
  const { engine, events } = await openHistory();
  await engine.ask(logbook(0, [1, 2]));
  const [newest, oldest] = await events();
  t.like(newest, {
    code: 'LINK_LOST',
    message: 'number 2',
    deviceAt: '2026-03-01T03:00:02.000Z',
    boot: 3,
    upSeconds: 2,
  });
  t.is(oldest?.message, 'number 1');
  t.true(Date.parse(newest!.at) > happenedAt + dayMs, 'and when the controller learned of it');
  await engine.stop();
});

test('a logbook that was carried is marked by when it was signed, and who brought it is told', async (t) => {
  const { engine, events, image } = await openHistory();
  await engine.ask(logbook(0, [1, 2], { carried: { by: 'ada', signedAt: happenedAt } }));
  t.like((await events())[0], { code: 'RECEIPT', message: 'ada brought 2 entries of its logbook by hand' });
  t.is(Object.values(image.marks('buoy'))[0]?.at, happenedAt);
  await engine.stop();
});

test('however often and with whatever overlap entries come, each is told once', async (t) => {
  const { engine, events } = await openHistory();
  for (const batch of [logbook(0, [1, 2]), logbook(0, [1, 2]), logbook(0, [1, 2, 3]), logbook(2, [3, 4])]) {
    await engine.ask(batch);
  }
  t.deepEqual(
    (await events()).map(({ message }) => message),
    ['number 4', 'number 3', 'number 2', 'number 1'],
  );
  await engine.stop();
});

test('entries that a device dropped are told, each number once', async (t) => {
  const { engine, events } = await openHistory();
  await engine.ask(logbook(0, [1], { dropped: 12 }));
  await engine.ask(logbook(1, [2], { dropped: 12 }));
  await engine.ask(logbook(2, [3], { dropped: 13 }));
  const drops = (await events()).filter(({ code }) => code === 'LOGBOOK_DROPPED').map(({ message }) => message);
  t.deepEqual(
    drops.map((message) => message.split(' of its')[0]),
    ['1 entry', '12 entries'],
  );
  await engine.stop();
});

test('entries dropped while a batch came again and again are told once, with the next', async (t) => {
  const { engine, events } = await openHistory();
  await engine.ask(logbook(0, [1]));
  for (let times = 0; times < 3; times += 1) await engine.ask(logbook(0, [1], { dropped: 12 }));
  await engine.ask(logbook(1, [2], { dropped: 12 }));
  const drops = (await events()).filter(({ code }) => code === 'LOGBOOK_DROPPED').map(({ message }) => message);
  t.deepEqual(
    drops.map((message) => message.split(' of its')[0]),
    ['12 entries'],
  );
  await engine.stop();
});

test('years that come at once are bounded, and take nothing from what the shore saw itself', async (t) => {
  const { engine, events } = await openHistory();
  const seen = {
    kind: 'failed',
    owed: { kind: 'deliver', subject: 'buoy' },
    error: new Error('nobody there'),
  } as const;
  await engine.ask(seen);
  for (let n = 0; n < 5; n += 1)
    await engine.ask(
      logbook(
        n * 64,
        Array.from({ length: 64 }, (_, at) => n * 64 + at),
      ),
    );
  const all = await events();
  t.is(all.length, ownEventsPerDeviceMax + 1);
  t.true(ownEventsPerDeviceMax > eventsPerDeviceMax && all[0]!.message === 'number 319');
  t.is(all.at(-1)!.code, 'NOT_DELIVERED');
  await engine.stop();
});

test('what is no entry, and times that are none, harm nobody', async (t) => {
  const { engine, events } = await openHistory();
  const entries = [
    { at: -8e15, entry: undefined },
    { at: 8e15, entry: entry(1).entry },
  ];
  await engine.ask(logbook(0, [], { entries }));
  t.deepEqual(
    (await events()).map(({ code, deviceAt }) => `${code} ${deviceAt}`),
    ['LINK_LOST 9999-12-31T23:59:59.000Z', 'LOGBOOK_UNREADABLE 1970-01-01T00:00:00.000Z'],
  );
  await engine.stop();
});

test('what the report told a moment before is given its own time, and is no second event', async (t) => {
  const { engine, events } = await openHistory();
  await engine.ask({ kind: 'failed', owed: { kind: 'deliver', subject: 'buoy' }, error: new Error('nobody there') });
  const [told] = await events();
  const { code, message, at } = told!;
  const own = [{ at: happenedAt, entry: { boot: 3, upSeconds: 9, code, message } }];
  await engine.ask(logbook(0, [], { entries: own }));
  t.deepEqual(await events(), [{ at, code, message, deviceAt: '2026-03-01T03:00:00.000Z', boot: 3, upSeconds: 9 }]);
  await engine.stop();
});
