/** A link that asks by a plan: when it asks, what it says, and what it makes of answers. */
import test from 'ava';
import type { LinkTrouble } from '../../../device-agent/transport/link-trouble.ts';
import type { NewsQuestion, NewsReply, PartReply } from '../../../device-agent/transport/news.ts';
import { NewsLink } from '../../../device-agent/transport/news-link.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Report } from '../../../schemas/generated/types.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const everySeconds = 6 * 3600;
const trouble: LinkTrouble = { kind: 'https', message: 'nobody there' };

/** A link whose questions are answered as it is told. */
function begin() {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const asked: { readonly atMs: number; readonly question: NewsQuestion }[] = [];
  const parts: number[] = [];
  const shore: { reply: NewsReply; part: PartReply; isEndless: boolean } = {
    isEndless: false,
    reply: { kind: 'answered', answer: { report: 'taken' } },
    part: { kind: 'sent' },
  };
  const heard: unknown[] = [];
  const link = new NewsLink({
    ...{ clock, random: new SimRandom(1), log: { write: () => {} }, why: 'plan' },
    rhythm: { fromMs: everySeconds * 1000, mostMs: everySeconds * 1000 },
    send: async (part) => {
      parts.push(part.length);
      return shore.part;
    },
    ask: async (question, signal) => {
      if (shore.isEndless) {
        await clock.sleep(1_000 * hourMs, signal).catch(() => {});
        return { kind: 'unanswered', trouble };
      }
      await clock.sleep(200);
      asked.push({ atMs: time.now, question });
      return shore.reply;
    },
  });
  const outlets: boolean[] = [];
  let counter = 0;
  const report = async (): Promise<void> => {
    counter += 1;
    const fate = await link.report({ counter } as Report);
    heard.push(fate);
  };
  link.start({
    ...{
      onOccasion: report,
      onContact: (through) => heard.push(through === undefined ? 'contact' : `contact through ${through}`),
      onOutlet: (isOpen) => outlets.push(isOpen),
      countTravel: () => {},
    },
    onDesired: (desired) => heard.push(desired),
    onTrouble: (seen) => heard.push(seen),
    ...{
      onConnection: () => heard.push('connection'),
      onBatchAnswer: (payload) => heard.push(Buffer.from(payload).toString()),
    },
  });
  const run = (ms: number): Promise<void> => time.runUntil(time.now + ms);
  return { link, asked, shore, heard, run, parts, outlets };
}

test('it asks when it starts and once in each interval, and says only what is other than the shore took', async (t) => {
  const { asked, run, link, heard } = begin();
  await run(24 * hourMs + minuteMs);
  t.true(asked.length === 5, `${asked.length}`);
  t.deepEqual(
    asked.map(({ question }) => [question.report.counter, question.base?.counter]),
    [
      [1, undefined],
      [2, 1],
      [3, 2],
      [4, 3],
      [5, 4],
    ],
  );
  for (const [index, { atMs }] of asked.slice(1).entries())
    t.true(atMs - asked[index]!.atMs <= everySeconds * 1000 + 200, 'never later than it announced');
  t.false(heard.includes('connection'), 'it never has a session');
  await link.stop();
});

test('through which gateway the answer came is told with it', async (t) => {
  const { shore, run, heard } = begin();
  shore.reply = { kind: 'answered', answer: { report: 'taken' }, through: 'bridge' };
  await run(minuteMs);
  t.true(heard.includes('contact through bridge'), JSON.stringify(heard));
});

test('what is desired is told once, and known from then on', async (t) => {
  const { asked, shore, run, heard, link } = begin();
  shore.reply = { kind: 'answered', answer: { report: 'taken', desired: { sequence: 1 } } };
  await run(minuteMs);
  t.deepEqual(heard, ['contact', { sequence: 1 }, 'accepted']);
  shore.reply = { kind: 'answered', answer: { report: 'refused', message: 'late' } };
  await run(everySeconds * 1000);
  t.deepEqual(asked[1]?.question.desired, { sequence: 1 });
  t.is(heard.at(-1), 'rejected');
  shore.reply = { kind: 'answered', answer: { report: 'taken', desired: null } };
  await run(everySeconds * 1000);
  t.is(asked[2]?.question.base?.counter, 1, 'what was refused is no base');
  await run(everySeconds * 1000);
  t.is(asked[3]?.question.desired, undefined);
  await link.stop();
});

test('a question that fails is asked again sooner and later, and at once when something changed on the way', async (t) => {
  const { asked, shore, run, heard, link } = begin();
  shore.reply = { kind: 'unanswered', trouble };
  await run(12 * hourMs);
  t.true(asked.length > 20 && asked.length < 50, `${asked.length} tries in twelve hours`);
  t.deepEqual(heard.slice(0, 2), ['offline', trouble]);
  const before = asked.length;
  shore.reply = { kind: 'answered', answer: { report: 'taken' } };
  await run(minuteMs);
  link.lookAgain();
  await run(11_000);
  t.is(asked.length, before + 1);
  link.lookAgain();
  await run(hourMs);
  t.is(asked.length, before + 1, 'what went well is not asked again for a way that changed');
  await link.stop();
});

test('a server that asks to be left alone is, but not for a year', async (t) => {
  const { asked, shore, run, link } = begin();
  shore.reply = { kind: 'unanswered', trouble, retryAfterMs: 20 * minuteMs };
  await run(19 * minuteMs);
  t.is(asked.length, 1);
  shore.reply = { kind: 'unanswered', trouble, retryAfterMs: 365 * 24 * hourMs };
  await run(7 * minuteMs);
  t.is(asked.length, 2);
  await run(50 * minuteMs);
  t.is(asked.length, 2);
  await run(25 * minuteMs);
  t.is(asked.length, 3, 'it is asked again within what it announced');
  await link.stop();
});

test('an answer that never comes to its end is given up, and asked for again', async (t) => {
  const { asked, shore, run, heard, link } = begin();
  await run(minuteMs);
  shore.isEndless = true;
  link.wake();
  await run(9 * minuteMs);
  t.is(heard.length, 2, 'only the first is answered');
  await run(2 * minuteMs);
  t.is(heard[2], 'offline');
  t.like(heard[3], { message: 'the controller did not come to the end of its answer in ten minutes' });
  shore.isEndless = false;
  await run(15 * minuteMs);
  t.is(asked.length, 2);
  await link.stop();
});

test('what can not wait is said soon, but a device that flaps does not ask without end; who wakes it is heard', async (t) => {
  const { asked, run, link } = begin();
  await run(minuteMs);
  link.unsaid();
  await run(1_000);
  t.is(asked.length, 2);
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    link.unsaid();
    await run(minuteMs);
  }
  const unplanned = asked.length - 6;
  t.true(unplanned >= 8 && unplanned <= 14, `${unplanned} out of turn in a day`);
  await run(11_000);
  t.is(link.wake(), 0);
  const before = asked.length;
  await run(1_000);
  t.is(asked.length, before + 1);
  t.true(link.wake() > 0, 'not twice in ten seconds');
  await link.stop();
});

test('what applications say goes for a while after each answer, and no longer than anybody has something to say', async (t) => {
  const { link, shore, heard, run, parts, outlets } = begin();
  const part = new Uint8Array(7);
  t.false(await link.sendBatchPart(part), 'not before');
  await run(1_000);
  t.deepEqual(outlets, [true]);
  t.true(await link.sendBatchPart(part));
  shore.part = { kind: 'sent', answer: Buffer.from('taken').toString('base64') };
  await run(11_000);
  t.true(await link.sendBatchPart(part));
  t.is(heard.at(-1), 'taken');
  await run(11_000);
  t.deepEqual(outlets, [true]);
  await run(2_000);
  t.deepEqual(outlets, [true, false]);
  t.false(await link.sendBatchPart(part));
  t.deepEqual(parts, [7, 7]);
  await link.stop();
});

test('one that always has something to say has ten minutes of it, and one that comes to nothing ends it', async (t) => {
  const { link, shore, run, outlets } = begin();
  await run(1_000);
  for (let second = 0; second < 700; second += 5) {
    await link.sendBatchPart(new Uint8Array(7));
    await run(5_000);
  }
  t.deepEqual(outlets, [true, false]);
  shore.part = { kind: 'unsent' };
  link.wake();
  await run(2_000);
  t.deepEqual(outlets, [true, false, true]);
  t.false(await link.sendBatchPart(new Uint8Array(7)));
  t.deepEqual(outlets, [true, false, true, false]);
  await link.stop();
});
