import { createHmac } from 'node:crypto';
import test from 'ava';
import { callsAtOnceMax, pauseMsMin } from '../../../controller/messages/limits.ts';
import type { ShoreMessage } from '../../../controller/messages/message.ts';
import { isNamed, type Outlet, OutletError } from '../../../controller/messages/outlet.ts';
import { TopicOutlet } from '../../../controller/messages/topic-outlet.ts';
import { WatchedOutlet } from '../../../controller/messages/watched-outlet.ts';
import { WebhookOutlet } from '../../../controller/messages/webhook-outlet.ts';
import { type HttpRequest, type HttpResponse, type Network, NetworkError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { quietLog } from '../doors/scene.ts';

const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;

function messageOf(text: string): ShoreMessage {
  const of = { device: 'buoy', application: 'gauge', channel: 'readings', at: 0, receivedAt: 0 };
  return { ...of, id: `0123456789abcdef-1-${text}`, bytes: new TextEncoder().encode(text) };
}

async function* bodyOf(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('whatever it says');
}

function openWebhook(answer: (request: HttpRequest, signal: AbortSignal) => Promise<number>) {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const requests: HttpRequest[] = [];
  const network: Network = {
    async request(request, signal): Promise<HttpResponse> {
      requests.push(request);
      return { status: await answer(request, signal), headers: {}, body: bodyOf() };
    },
  };
  const clock = time.clock({ alive: true });
  return { time, clock, requests, outlet: new WebhookOutlet({ network, clock, url: 'https://hook.test/in', secret }) };
}

const codeOf = (given: Promise<void>): Promise<string> =>
  given.then(
    () => 'taken',
    (error: OutletError) => `${error.code}${error.isAboutContent ? ' content' : ''}`,
  );

test('a webhook is called with the lines of a channel, signed over id, time and body', async (t) => {
  const { outlet, requests } = openWebhook(async () => 204);
  await outlet.give([messageOf('1'), messageOf('2')]);
  const { method, url, headers, body } = requests[0]!;
  t.deepEqual([method, url, headers['content-type']], ['POST', 'https://hook.test/in', 'application/x-ndjson']);
  const text = new TextDecoder().decode(body);
  t.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).text),
    ['1', '2'],
  );
  t.is(headers['webhook-timestamp'], String(Date.parse('2026-03-01T00:00:00Z') / 1000));
  t.is(headers['webhook-id'], 'buoy.gauge.readings.0123456789abcdef-1-1.2');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const expected = createHmac('sha256', 'a secret of twenty-four b').update(signed).digest('base64');
  t.is(headers['webhook-signature'], `v1,${expected}`);
});

test('a webhook that answers with an error, or not at all, has not taken it; what it says of the content is about that alone', async (t) => {
  const outcomes = await Promise.all(
    [500, 302, 401, 429, 400, 413].map((status) =>
      codeOf(openWebhook(async () => status).outlet.give([messageOf('1')])),
    ),
  );
  t.deepEqual(outcomes, [
    ...['WEBHOOK_REFUSES', 'WEBHOOK_REFUSES', 'WEBHOOK_REFUSES', 'WEBHOOK_REFUSES'],
    ...['WEBHOOK_REFUSES content', 'WEBHOOK_REFUSES content'],
  ]);
  const silent = openWebhook(
    (_request, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new NetworkError('ABORTED', 'ended')))),
  );
  const given = codeOf(silent.outlet.give([messageOf('1')]));
  await silent.time.runUntil(silent.time.now + 10_000);
  t.is(await given, 'WEBHOOK_UNREACHABLE');
});

test('a webhook is called so often at once and no more, and every call has its turn', async (t) => {
  let [now, most] = [0, 0];
  const { outlet, requests } = openWebhook(async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
    return 200;
  });
  await Promise.all(Array.from({ length: 50 }, (_, n) => outlet.give([messageOf(String(n))])));
  t.deepEqual([most, requests.length, now], [callsAtOnceMax, 50, 0]);
});

test('messages are published at the topic of their channel, and a broker that does not take one has not taken them', async (t) => {
  const published: string[] = [];
  const world = { failure: undefined as Error | undefined };
  const outlet = new TopicOutlet({
    topicOf: ({ device, application, channel }) => `${device}/${application}/${channel}`,
    bus: {
      publish: async (topic, payload) => {
        if (world.failure !== undefined) throw world.failure;
        published.push(`${topic} ${JSON.parse(new TextDecoder().decode(payload)).text}`);
      },
    },
  });
  await outlet.give([messageOf('1'), messageOf('2')]);
  t.deepEqual(published, ['buoy/gauge/readings 1', 'buoy/gauge/readings 2']);
  world.failure = new Error('gone');
  t.is(await codeOf(outlet.give([messageOf('1')])), 'BROKER_REFUSES');
});

test('an outlet that failed is left alone for a while, told of, and used again', async (t) => {
  const time = new SimTime(0);
  const world = { failure: undefined as Error | undefined, calls: 0 };
  const outlet: Outlet = {
    name: 'files',
    takes: () => true,
    give: async () => {
      world.calls += 1;
      if (world.failure !== undefined) throw world.failure;
    },
  };
  const watched = new WatchedOutlet(outlet, { clock: time.clock({ alive: true }), log: quietLog });
  world.failure = new OutletError('FILES_FULL', 'full');
  t.is(await codeOf(watched.give([])), 'FILES_FULL');
  t.is(await codeOf(watched.give([])), 'FILES_FULL');
  t.is(world.calls, 1);
  const since = '1970-01-01T00:00:00.000Z';
  t.deepEqual(watched.status(), { name: 'files', state: 'failing', since, code: 'FILES_FULL', message: 'full' });
  await time.runUntil(pauseMsMin);
  world.failure = new OutletError('WEBHOOK_REFUSES', 'not this', true);
  t.is(await codeOf(watched.give([])), 'WEBHOOK_REFUSES content');
  t.is(watched.status().code, 'FILES_FULL', 'what is about one message says nothing of the outlet');
  world.failure = undefined;
  t.is(await codeOf(watched.give([])), 'taken');
  t.deepEqual(watched.status(), { name: 'files', state: 'open', since: new Date(pauseMsMin).toISOString() });
});

test('an outlet that does not answer in time has not taken it', async (t) => {
  const time = new SimTime(0);
  const outlet: Outlet = { name: 'topics', takes: () => true, give: () => new Promise(() => {}) };
  const watched = new WatchedOutlet(outlet, { clock: time.clock({ alive: true }), log: quietLog });
  const given = codeOf(watched.give([]));
  await time.runUntil(60_000);
  t.is(await given, 'OUTLET_SILENT');
});

test('patterns name applications and channels, or all of them', (t) => {
  t.true(isNamed(undefined, 'gauge', 'readings'));
  t.true(isNamed(['pump/*', 'gauge/readings'], 'gauge', 'readings'));
  t.true(isNamed(['*/alarms'], 'gauge', 'alarms'));
  t.false(isNamed(['*/alarms', 'pump/*'], 'gauge', 'readings'));
});
