import { createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type { Readings } from '../../../controller/metrics/readings.ts';
import { type Condition, causes, conditionsOf } from '../../../controller/notices/condition.ts';
import { type Notice, nextNotice, type Told, withoutGone } from '../../../controller/notices/decide-notices.ts';
import { slackBody } from '../../../controller/notices/notice-body.ts';
import { type ReceiverTerms, sendNotice } from '../../../controller/notices/receiver.ts';
import { Teller } from '../../../controller/notices/teller.ts';
import { type HttpRequest, NetworkError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { wholeShore } from '../whole-shore.ts';

const hourMs = 3_600_000;
const start = Date.parse('2026-03-01T00:00:00Z');

async function readings(more: Partial<Readings> = {}): Promise<Readings> {
  const controller = await wholeShore().boot();
  const { tally } = controller.readings();
  return { ...controller.readings(), fleets: [['ships', { ...tally, failed: 0 }]], ends: [], ...more };
}

test('what is told is a rollout that halts or waits, devices that failed by name, a refused commit by line, and trust that ends', async (t) => {
  const quiet = await readings();
  t.deepEqual(conditionsOf(quiet), []);
  const rollout = { fleet: 'ships', number: 3, reason: 'TOO_MANY_FAILURES', message: 'too many', fates: {} as never };
  const told = conditionsOf({
    ...quiet,
    underWay: [
      { ...rollout, state: 'halted' },
      { ...rollout, fleet: 'trucks', state: 'running', reason: 'NEEDS_APPROVAL', message: 'wave rest needs a yes' },
      { ...rollout, fleet: 'buoys', state: 'running', reason: 'SOAKING' },
    ],
    fleets: [['ships', { ...quiet.tally, failed: 12 }]],
    notWell: [
      { name: 'aurora', fleet: 'ships', state: 'failed' },
      { name: 'away', fleet: 'ships', state: 'dark' },
      { name: 'truck', fleet: 'trucks', state: 'failed' },
    ],
    source: {
      ...{ state: 'refused', location: 'x', branch: 'main' },
      problems: [{ file: 'fleets/a.yaml', line: 7, code: 'X', message: 'no such release' }],
    },
    // Of what ends in three hundred days status speaks, and nobody is called.
    ends: [5, 300].map((days) => ({
      ...{ kind: 'root', subject: 'root.json', consequence: 'x', remedy: 'y' },
      expiresAt: quiet.now + days * 24 * hourMs,
    })),
  });
  t.deepEqual(
    told.map(({ cause, subject, message }) => [cause, subject, message.slice(0, 40)]),
    [
      ['rollout-halted', 'fleet/ships', 'rollout 3: too many'],
      ['rollout-waits', 'fleet/trucks', 'rollout 3: wave rest needs a yes'],
      ['devices-failed', 'fleet/ships', '12 devices failed: aurora, …'],
      ['revision-refused', 'main', 'fleets/a.yaml:7: no such release'],
      ['trust-ends', 'root.json', 'root.json expires in 5 days (2026-03-06T'],
    ],
  );
});

const names = ['a', 'b', 'c'];
const condition = (name: string): Condition => ({
  ...{ cause: causes[name.charCodeAt(0) % 2]!, subject: name, key: name, message: name },
});
const steps = fc.array(fc.tuple(fc.subarray(names), fc.integer({ min: 0, max: 2 * hourMs }), fc.boolean()));

/** All that is to be told now, and what was told then. */
function tellAll(before: Told, conditions: readonly Condition[], now: number): readonly [Told, Notice[]] {
  const notices: Notice[] = [];
  let told = withoutGone(before, conditions, now);
  for (let next = nextNotice(told, conditions); next !== undefined; next = nextNotice(told, conditions)) {
    notices.push(next.notice);
    ({ told } = next);
  }
  return [told, notices];
}

test('whatever comes and goes, each thing is told once while it lasts and not again within an hour of its end, over any restart', (t) => {
  fc.assert(
    fc.property(steps, (looks) => {
      let told: Told = { sent: 0, of: {} };
      let now = start;
      const goneAt = new Map<string, number>();
      let before: readonly string[] = [];
      for (const [are, passedMs, restarts] of looks) {
        now += passedMs;
        for (const name of before) if (!are.includes(name)) goneAt.set(name, now);
        const [next, notices] = tellAll(told, are.map(condition), now);
        const about = notices.flatMap((notice) => notice.about.map(({ subject }) => subject));
        const fresh = are.filter(
          (name) => !before.includes(name) && now - (goneAt.get(name) ?? Number.NEGATIVE_INFINITY) >= hourMs,
        );
        t.deepEqual(about.sort(), fresh.sort());
        t.is(new Set(notices.map(({ cause }) => cause)).size, notices.length);
        told = restarts ? JSON.parse(JSON.stringify(next)) : next;
        before = are;
      }
    }),
  );
});

test('a hundred fleets in one trouble are one notice with the first of them and how many more; more than twice as many devices are news', (t) => {
  const many = Array.from({ length: 100 }, (_, at) => ({
    ...condition(`a${at}`),
    cause: 'devices-failed' as const,
    count: 2,
  }));
  const [told, notices] = tellAll({ sent: 5, of: {} }, many, start);
  t.is(notices.length, 1);
  t.like(notices[0], { number: 5, more: 90 });
  t.is(
    tellAll(
      told,
      many.map((one) => ({ ...one, count: 4 })),
      start,
    )[1].length,
    0,
  );
  t.is(tellAll(told, [{ ...many[0]!, count: 5 }], start)[1].length, 1);
});

const notice: Notice = {
  ...{ number: 7, cause: 'devices-failed', more: 2 },
  about: [{ subject: 'fleet/ships', message: 'failed: <!channel> & \u001b[31mred' }],
};

test('nothing that a device or a commit says is a mention, a link or a control character in Slack', (t) => {
  const { text } = JSON.parse(slackBody(notice));
  t.regex(text, /^\*Devices failed\*\n• fleet\/ships: failed: &lt;!channel&gt; &amp; /);
  t.false(text.includes('\u001b') || text.includes('<'));
  t.regex(text, /\n… and 2 more$/);
});

test('a webhook is signed over its id, time and body; one that answers anything but 2xx or not at all did not take it, and its URL stays untold', async (t) => {
  const time = new SimTime(start);
  const clock = time.clock({ alive: true });
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const seen: HttpRequest[] = [];
  const send = (
    status: number | NetworkError,
    terms: ReceiverTerms = { kind: 'webhook', url: 'https://x/s3cret', secret },
  ) =>
    sendNotice(
      {
        ...{ clock, terms },
        network: {
          request: async (request) => {
            seen.push(request);
            if (typeof status !== 'number') throw status;
            return { status, headers: { location: 'http://169.254.169.254/' }, body: (async function* () {})() };
          },
        },
      },
      notice,
    );
  await send(204);
  const { headers, body, url } = seen[0]!;
  t.is(url, 'https://x/s3cret');
  const text = new TextDecoder().decode(body);
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const signature = createHmac('sha256', Buffer.alloc(24, 7)).update(signed).digest('base64');
  t.is(headers['webhook-signature'], `v1,${signature}`);
  t.like(JSON.parse(text), { type: 'fleet.devices-failed', id: 'notice.7.devices-failed', data: { more: 2 } });
  await t.throwsAsync(send(302), { message: 'it answers 302' });
  t.is(seen.length, 2);
  const away = await t.throwsAsync(send(new NetworkError('UNREACHABLE', 'no way to https://x/s3cret')));
  t.notRegex(String(away), /s3cret/);
});

test('a receiver that is away is left alone for longer and longer, has each notice once when it is back, and none again after a restart', async (t) => {
  const time = new SimTime(start);
  const clock = time.clock({ alive: true });
  const texts = new Map<string, string>();
  const kept = {
    read: async (name: string) => texts.get(name),
    write: async (name: string, text: string) => void texts.set(name, text),
  };
  const tries: number[] = [];
  const taken: string[] = [];
  let isAway = true;
  const open = () =>
    new Teller({
      ...{ clock, kept, log: { write: () => {} }, name: 'webhook', conditions: () => [condition('a'), condition('b')] },
      send: async ({ cause, number }) => {
        tries.push((time.now - start) / 1000);
        if (isAway) throw new Error('away');
        taken.push(`${number} ${cause}`);
      },
    });
  const teller = open();
  await time.runUntil(start + 20 * 60_000);
  t.deepEqual(tries, [30, 90, 210, 450, 930]);
  isAway = false;
  await time.runUntil(start + 2 * hourMs);
  const first = start + 30_000;
  t.deepEqual(taken, [`${first} ${causes[0]}`, `${first + 1} ${causes[1]}`]);
  teller[Symbol.dispose]();
  using _again = open();
  await time.runUntil(start + 4 * hourMs);
  t.is(taken.length, 2);
});
