/** A link that stays in sessions, and asks over HTTPS where it can have none. */
import test from 'ava';
import type { NewsQuestion, NewsReply } from '../../../device-agent/transport/news.ts';
import { NewsLink } from '../../../device-agent/transport/news-link.ts';
import type { AskingLinkHandlers } from '../../../device-agent/transport/shadow-link.ts';
import { StayingLink } from '../../../device-agent/transport/staying-link.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Report } from '../../../schemas/generated/types.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const trouble = { kind: 'tcp', message: 'nobody at the broker' } as const;

/** A link whose sessions come and go by hand, and whose questions are answered as it is told. */
function begin() {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const asked: (NewsQuestion & { readonly atMs: number })[] = [];
  const shore: { reply: NewsReply } = { reply: { kind: 'answered', answer: { report: 'taken' } } };
  const heard: unknown[] = [];
  const state: { session?: AskingLinkHandlers } = {};
  const tries = { looked: 0 };
  const link = new StayingLink({
    clock,
    session: {
      isFollowed: true,
      start: (handlers) => {
        state.session = handlers;
      },
      report: async () => 'accepted',
      sendBatchPart: async () => true,
      orderParcel: async () => undefined,
      lookAgain: () => {
        tries.looked += 1;
      },
      wake: () => 0,
      stop: async () => {},
    },
    openNews: () =>
      new NewsLink({
        ...{ clock, random: new SimRandom(1), log: { write: () => {} }, why: 'no-mqtt' },
        rhythm: { fromMs: 5 * minuteMs, mostMs: 6 * hourMs },
        send: async () => ({ kind: 'unsent' }),
        ask: async (question) => {
          asked.push({ ...question, atMs: time.now });
          return shore.reply;
        },
      }),
  });
  let counter = 0;
  link.start({
    onOccasion: async () => {
      counter += 1;
      heard.push(await link.report({ counter, asks: link.asks } as Report));
    },
    ...{ onContact: () => heard.push('contact'), onOutlet: () => {}, countTravel: () => {}, onBatchAnswer: () => {} },
    onDesired: (desired) => heard.push(desired),
    onTrouble: (seen) => heard.push(seen),
    onConnection: (isConnected) => heard.push(isConnected, link.asks),
  });
  const run = (ms: number): Promise<void> => time.runUntil(time.now + ms);
  return { link, asked, shore, heard, run, tries, session: () => state.session! };
}

test('with a session nothing is asked; without one it is asked after two minutes, and then seldom, as announced', async (t) => {
  const { link, asked, run, session } = begin();
  session().onConnection(true);
  await run(hourMs);
  t.is(asked.length, 0);
  t.is(link.asks, undefined);
  session().onConnection(false);
  await run(minuteMs);
  t.is(asked.length, 0, 'most links are back soon');
  await run(24 * hourMs);
  t.true(asked.length >= 8 && asked.length <= 12, `${asked.length} in a day`);
  for (const [index, { atMs, report }] of asked.slice(0, -1).entries())
    t.true(asked[index + 1]!.atMs - atMs <= report.asks!.everySeconds * 1000, `${index}: it comes when it says`);
  t.is(asked.at(-1)?.report.asks?.everySeconds, 6 * 3600);
  await link.stop();
});

test('once there is a session again nothing is asked, and it is said so from the first report on', async (t) => {
  const { link, asked, run, heard, session } = begin();
  await run(3 * minuteMs);
  t.is(asked.length, 1);
  t.like(link.asks, { why: 'no-mqtt' });
  session().onConnection(true);
  t.deepEqual(heard.slice(-2), [true, undefined]);
  t.is(await link.report({ counter: 9 } as Report), 'accepted');
  await run(24 * hourMs);
  t.is(asked.length, 1);
  await link.stop();
});

test('what was desired in a session is known when it is asked, and the other way round nothing is lost', async (t) => {
  const { link, asked, shore, run, heard, session } = begin();
  session().onConnection(true);
  session().onDesired({ sequence: 1 });
  session().onConnection(false);
  shore.reply = { kind: 'answered', answer: { report: 'taken', desired: { sequence: 2 } } };
  await run(3 * minuteMs);
  t.deepEqual(asked[0]?.desired, { sequence: 1 });
  t.deepEqual(heard.slice(-3), ['contact', { sequence: 2 }, 'accepted']);
  await link.stop();
});

test('people are told why there is no session; a session is tried seldom while the controller answers, and at once where it does not', async (t) => {
  const { link, shore, run, heard, session } = begin();
  session().onTrouble(trouble);
  t.is(link.restMs, 0);
  shore.reply = { kind: 'unanswered', trouble: { kind: 'https', message: 'nor there' } };
  await run(2 * minuteMs + 1_000);
  t.deepEqual(heard, [trouble, 'offline']);
  t.is(link.restMs, 0);
  shore.reply = { kind: 'answered', answer: { report: 'taken' } };
  await run(hourMs);
  t.is(link.restMs, 30 * minuteMs);
  await link.stop();
});

test('who wakes it has it asked at once, and once', async (t) => {
  const { link, asked, run } = begin();
  t.is(link.wake(), 0);
  t.is(link.wake(), 0);
  await run(minuteMs);
  t.is(asked.length, 1);
  t.is(link.wake(), 0);
  await run(1_000);
  t.is(asked.length, 2);
  await link.stop();
});

test('a young agent asks over HTTPS once two tries in a row found nobody at the broker, and goes on trying for a session', async (t) => {
  const { link, asked, run, session } = begin();
  for (const kind of ['tcp', 'tls', 'tcp'] as const) session().onTrouble({ ...trouble, kind });
  await run(1_000);
  t.is(asked.length, 0, 'somebody was there in between');
  session().onTrouble(trouble);
  await run(1_000);
  t.is(asked.length, 1);
  t.is(link.restMs, 0, 'the broker may only have been slow to start');
  await run(2 * minuteMs);
  t.is(link.restMs, 30 * minuteMs);
  await link.stop();
});

test('one that had a session waits for it for two minutes, whoever is at the broker', async (t) => {
  const { link, asked, run, session } = begin();
  for (const isConnected of [true, false]) session().onConnection(isConnected);
  for (let tries = 0; tries < 5; tries += 1) session().onTrouble(trouble);
  await run(minuteMs);
  t.is(asked.length, 0);
  await link.stop();
});
