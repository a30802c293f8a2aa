import { EventEmitter, once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { AwsShadowLink } from '../../../device-agent/transport/aws-shadow-link.ts';
import { reachAnyWay } from '../../../platform/node/any-way.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { nodeRelays, openRelays } from '../../../platform/node/relay.ts';
import type { Clock, Relays } from '../../../platform/ports.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { ByteLink } from './byte-link.ts';
import { namelessHost, openShore } from './shore.ts';

const desired = (sequence: number) => ({ sequence, envelope: `envelope ${sequence}` });

const report: Report = {
  at: '2026-11-01T00:00:00.000Z',
  counter: 1,
  agentVersion: '0.1.0',
  phase: 'active',
  since: '2026-11-01T00:00:00.000Z',
  highestSequence: 1,
  applications: [],
  problem: { code: 'DISK_FULL', message: 'no space', at: '2026-11-01T00:00:00.000Z', sequence: 4 },
};

/** Starts the link and gives its events: 'desired' and 'connection'. */
function listen(t: ExecutionContext, link: AwsShadowLink): EventEmitter {
  const events = new EventEmitter();
  link.start({
    onDesired: (value) => events.emit('desired', value),
    countTravel: () => {},
    onBatchAnswer: (payload) => events.emit('answer', Buffer.from(payload).toString()),
    onConnection: (connected, ...through) => events.emit('connection', connected, ...through.filter(Boolean)),
    onTrouble: (trouble) => events.emit('trouble', trouble),
  });
  t.timeout(20_000);
  return events;
}

/** A hundred times as impatient; tells for how long it was asked to wait. */
function hurried(delays: number[] = []): Clock {
  return {
    ...nodeClock,
    after: (delayMs, callback) => {
      delays.push(delayMs);
      return nodeClock.after(delayMs / 100, callback);
    },
  };
}

async function shoreWithDevice(t: ExecutionContext, device: string) {
  const shore = await openShore(t);
  const { identity } = await shore.enrolledDevice(device);
  const broker = await shore.startBroker(0);
  const shadows = shore.openShadows(broker);
  await shadows.start();
  const reported = (): unknown => shadows.reported(device);
  return { ...shore, identity, broker, shadows, reported, link: shore.openLink(device, broker.port, identity) };
}

test.serial('the link brings what is desired at connect and what changes later, each once', async (t) => {
  const { link, broker, shadows } = await shoreWithDevice(t, 'buoy');
  await shadows.setDesired('buoy', desired(1));
  const events = listen(t, link);
  t.deepEqual(await once(events, 'desired'), [desired(1)]);
  const seen: unknown[] = [];
  events.on('desired', (value) => seen.push(value));
  t.is(await link.report(report), 'accepted');
  await shadows.setDesired('buoy', desired(2));
  await once(events, 'desired');
  t.deepEqual(seen, [desired(2)], 'the report made no news');
  await link.stop();
  await broker.close();
});

test.serial('a report replaces the one before, also where it says less', async (t) => {
  const { link, broker, reported } = await shoreWithDevice(t, 'buoy');
  const events = listen(t, link);
  t.is(await link.report(report), 'offline', 'it is not connected yet');
  await once(events, 'connection');
  t.is(await link.report(report), 'accepted');
  t.deepEqual(reported(), report);
  const { problem: _problem, ...better } = report;
  t.is(await link.report({ ...better, counter: 2 }), 'accepted');
  t.deepEqual(reported(), { ...better, counter: 2 });
  await link.stop();
  await broker.close();
});

test.serial('when the broker goes away and comes back the link finds it and asks again', async (t) => {
  const { link, broker, shadows, startBroker, openShadows } = await shoreWithDevice(t, 'buoy');
  const events = listen(t, link);
  await once(events, 'connection');
  const { port } = broker;
  const gone = once(events, 'connection');
  await broker.close();
  t.deepEqual(await gone, [false]);
  t.is(await link.report(report), 'offline');
  await shadows.stop();
  const next = await startBroker(port);
  const nextShadows = openShadows(next);
  await nextShadows.start();
  await nextShadows.setDesired('buoy', desired(7));
  t.deepEqual(await once(events, 'desired'), [desired(7)]);
  await link.stop();
  await next.close();
});

test.serial('stop() while nothing answers is quick', async (t) => {
  const shore = await openShore(t);
  const { identity } = await shore.enrolledDevice('buoy');
  const link = shore.openLink('buoy', 9, identity);
  listen(t, link);
  const startedAt = performance.now();
  await link.stop();
  t.true(performance.now() - startedAt < 2_000);
});

test.serial(
  'a report that a broker took while no shadow service listened is given up soon and sent again',
  async (t) => {
    const shore = await openShore(t);
    const { identity } = await shore.enrolledDevice('buoy');
    const broker = await shore.startBroker(0);
    const delays: number[] = [];
    const link = shore.openLink('buoy', broker.port, identity, { clock: hurried(delays) });
    await once(listen(t, link), 'connection');
    t.is(await link.report(report), 'offline');
    t.is(await link.report(report), 'offline');
    const shadows = shore.openShadows(broker);
    await shadows.start();
    let answer = await link.report(report);
    while (answer === 'offline') answer = await link.report(report);
    t.is(answer, 'accepted');
    const patience = delays.filter((delayMs) => delayMs <= 30_000);
    t.deepEqual([...new Set(patience)].slice(0, 2), [10_000, 20_000], 'a slow link is given more time');
    await link.stop();
    await broker.close();
  },
);

test.serial(
  'what is wanted is asked for again when a broker took the question while no shadow service listened',
  async (t) => {
    const { broker, shadows, startBroker, openShadows, openLink, identity } = await shoreWithDevice(t, 'buoy');
    await shadows.setDesired('buoy', desired(3));
    await shadows.stop();
    await broker.close();
    const deaf = await startBroker(0);
    const asked = Promise.withResolvers<void>();
    await deaf.subscribe('$aws/things/buoy/shadow/name/fleet/get', () => asked.resolve());
    const link = openLink('buoy', deaf.port, identity, { clock: hurried() });
    const events = listen(t, link);
    const connections: boolean[] = [];
    events.on('connection', (connected) => connections.push(connected));
    const wanted = once(events, 'desired');
    await asked.promise;
    await openShadows(deaf).start();
    t.deepEqual(await wanted, [desired(3)]);
    t.deepEqual(connections, [true], 'on the same connection');
    await link.stop();
    await deaf.close();
  },
);

test.serial('an authority that is damaged on disk is a failure like others, and its mending is noticed', async (t) => {
  const shore = await openShore(t);
  const { identity } = await shore.enrolledDevice('buoy');
  const broker = await shore.startBroker(0);
  const shadows = shore.openShadows(broker);
  await shadows.start();
  const { authority } = shore;
  let tries = 0;
  const authorityText = (): string => {
    tries += 1;
    return tries === 1 ? 'no certificate' : authority.certificate;
  };
  const link = shore.openLink('buoy', broker.port, identity, { authorityText });
  t.deepEqual(await once(listen(t, link), 'connection'), [true]);
  t.is(tries, 2);
  await link.stop();
  await broker.close();
});

/** A clock whose pauses are over at once; tells how long they were to be. */
function restless(pauses: number[], enough: number, done: () => void): Clock {
  return {
    ...nodeClock,
    sleep: async (delayMs, signal) => {
      pauses.push(delayMs);
      if (pauses.length === enough) done();
      await nodeClock.sleep(pauses.length < enough ? 0 : delayMs, signal);
    },
  };
}

for (const [who, longestMs] of [
  ['nobody', 8_000],
  ['a stranger', 300_000],
] as const) {
  test.serial(
    `a device that finds ${who} where its broker should be stays away for ${longestMs} ms at most, in its first hour`,
    async (t) => {
      const shore = await openShore(t);
      const { identity } = await shore.enrolledDevice('buoy');
      const link = await ByteLink.open(t, () => 9);
      if (who === 'nobody') link.refuse();
      const pauses: number[] = [];
      const enough = Promise.withResolvers<void>();
      const clock = restless(pauses, 12, enough.resolve);
      const shadow = shore.openLink('buoy', link.port, identity, {
        clock,
        random: { ...nodeRandom, fraction: () => 1 },
      });
      listen(t, shadow);
      await enough.promise;
      t.is(pauses.at(-1), longestMs);
    },
  );
}

test.serial('a link that goes silent is noticed when a report goes unanswered, and another one is made', async (t) => {
  const { broker, identity, openLink, reported } = await shoreWithDevice(t, 'buoy');
  const link = await ByteLink.open(t, () => broker.port);
  const shadow = openLink('buoy', link.port, identity, { clock: hurried() });
  const events = listen(t, shadow);
  await once(events, 'connection');
  t.is(await shadow.report(report), 'accepted');
  link.silence();
  const gone = once(events, 'connection');
  t.is(await shadow.report({ ...report, counter: 2 }), 'offline');
  t.deepEqual(await gone, [false]);
  const back = once(events, 'connection');
  await link.up();
  t.deepEqual(await back, [true]);
  t.is(await shadow.report({ ...report, counter: 3 }), 'accepted');
  t.like(reported(), { counter: 3 });
  await shadow.stop();
  await broker.close();
});

test.serial('a message that is far too long is never held: the connection ends after a part of it', async (t) => {
  const { broker, identity, openLink } = await shoreWithDevice(t, 'buoy');
  let heldBytes = 0;
  const relays: Relays = {
    open: (target) =>
      nodeRelays.open({
        ...target,
        accepts: (bytes) => {
          const isAccepted = target.accepts(bytes);
          if (isAccepted) heldBytes += bytes;
          return isAccepted;
        },
      }),
  };
  const events = listen(t, openLink('buoy', broker.port, identity, { relays }));
  await once(events, 'connection');
  const wanted: unknown[] = [];
  events.on('desired', (value) => wanted.push(value));
  const gone = once(events, 'connection');
  const padding = 'x'.repeat(20_000_000);
  const delta = Buffer.from(JSON.stringify({ state: desired(9), padding }));
  broker.publish('$aws/things/buoy/shadow/name/fleet/update/delta', delta).catch(() => {});
  t.deepEqual(await gone, [false]);
  t.true(heldBytes < 300_000, `${heldBytes} bytes were passed on`);
  t.deepEqual(wanted, []);
  t.deepEqual(await once(events, 'connection'), [true], 'and it comes back');
  await broker.close();
});

test.serial('a shore that has nothing but IPv6 addresses is reached', async (t) => {
  const shore = await openShore(t, '::1');
  const { identity } = await shore.enrolledDevice('buoy');
  const broker = await shore.startBroker(0);
  t.deepEqual(await once(listen(t, shore.openLink('buoy', broker.port, identity)), 'connection'), [true]);
  await broker.close();
});

test.serial('what a stranger left in the shadow is taken back', async (t) => {
  const { broker, link, reported } = await shoreWithDevice(t, 'buoy');
  const stranger = { ...report, counter: 0, weather: 'fair' };
  await broker.publish(
    '$aws/things/buoy/shadow/name/fleet/update',
    Buffer.from(JSON.stringify({ state: { reported: stranger } })),
  );
  const events = listen(t, link);
  await once(events, 'connection');
  t.deepEqual(reported(), stranger);
  t.is(await link.report(report), 'accepted');
  t.is(await link.report({ ...report, counter: 2 }), 'accepted');
  t.deepEqual(reported(), { ...report, counter: 2 });
  await link.stop();
  await broker.close();
});

test.serial(
  'a session that died unheard ends soon after there is reason to look again; one that lives goes on',
  async (t) => {
    const { broker, identity, openLink } = await shoreWithDevice(t, 'buoy');
    const wire = await ByteLink.open(t, () => broker.port);
    const delays: number[] = [];
    const clock: Clock = {
      ...nodeClock,
      after: (delayMs, callback) => {
        delays.push(delayMs);
        return nodeClock.after(delayMs / 10, callback);
      },
    };
    const shadow = openLink('buoy', wire.port, identity, { clock });
    const events = listen(t, shadow);
    await once(events, 'connection');
    const connections: boolean[] = [];
    events.on('connection', (connected) => connections.push(connected));
    shadow.lookAgain();
    await nodeClock.sleep(2_500);
    t.deepEqual(connections, [], 'the broker answered');
    wire.silence();
    delays.length = 0;
    const gone = once(events, 'connection');
    shadow.lookAgain();
    t.deepEqual(await gone, [false]);
    t.true(delays.includes(20_000), `${delays}`);
    await shadow.stop();
    await broker.close();
  },
);

test.serial(
  'a pause before the next try ends when there is reason to look again, but not again and again',
  async (t) => {
    const shore = await openShore(t);
    const { identity } = await shore.enrolledDevice('buoy');
    let nowMs = 0;
    const pauses: (() => void)[] = [];
    const clock: Clock = {
      ...nodeClock,
      monotonic: () => nowMs,
      sleep: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('early')));
          pauses.shift()?.();
        }),
    };
    const nextPause = (): Promise<void> => new Promise((resolve) => pauses.push(resolve));
    const first = nextPause();
    const shadow = shore.openLink('buoy', 9, identity, { clock });
    const troubles: string[] = [];
    listen(t, shadow).on('trouble', ({ kind }) => troubles.push(kind));
    await first;
    const second = nextPause();
    shadow.lookAgain();
    await second;
    t.deepEqual(troubles, ['tcp', 'tcp']);
    shadow.lookAgain();
    nowMs += 4_000;
    shadow.lookAgain();
    await new Promise((resolve) => setTimeout(resolve, 200));
    t.is(troubles.length, 2);
    nowMs += 1_000;
    const third = nextPause();
    shadow.lookAgain();
    await third;
    t.is(troubles.length, 3);
    await shadow.stop();
  },
);

test.serial(
  'a device without a way of its own has its session through a gateway, and says through which',
  async (t) => {
    const shore = await shoreWithDevice(t, 'buoy');
    const { identity, broker, authority, shadows } = shore;
    const { address } = await openGateway(t, shore, { broker: broker.port });
    const texts = () => ({ ca: authority.certificate, ...identity.texts() });
    const relaysBy = (gateway: string): Relays =>
      openRelays(reachAnyWay({ addresses: [gateway], device: 'buoy', identity: texts }));
    await shadows.setDesired('buoy', desired(1));
    const link = shore.openLink('buoy', broker.port, identity, { host: namelessHost, relays: relaysBy(address) });
    const events = listen(t, link);
    const [connected, through] = await once(events, 'connection');
    t.deepEqual([connected, through], [true, 'bridge']);
    await once(events, 'desired');
    t.is(await link.report(report), 'accepted');
    await link.stop();

    const { address: other } = await openGateway(t, shore, {});
    const refused = shore.openLink('buoy', broker.port, identity, { host: namelessHost, relays: relaysBy(other) });
    const [trouble] = await once(listen(t, refused), 'trouble');
    t.is(trouble.kind, 'gateway-refused');
    t.regex(trouble.message, /it does not lead to shore\.invalid/);
    await refused.stop();
    await shadows.stop();
    await broker.close();
  },
);
