import test from 'ava';
import { Abroad } from '../../../../device-agent/runtime/channels/abroad.ts';
import { Arrivals } from '../../../../device-agent/runtime/channels/arrivals.ts';
import { ChannelHub, channelTerms } from '../../../../device-agent/runtime/channels/channel-hub.ts';
import type { MessageHere, Sent } from '../../../../device-agent/runtime/channels/channel-messages.ts';
import { ChannelRouter } from '../../../../device-agent/runtime/channels/channel-router.ts';

const writer = { name: 'writer', channels: { out: { readings: { queue: 2 } } } };
const reader = (name: string) => ({ name, channels: { in: { readings: {} } } });
const data = Buffer.from('a\n').toString('base64');

function newRouter(hosts: Readonly<Record<string, readonly Parameters<ChannelHub['apply']>[0][number][]>>) {
  const posted: [host: string, message: MessageHere | Sent][] = [];
  const refused: unknown[] = [];
  const router = new ChannelRouter(
    (host, message) => {
      posted.push([host, message]);
      return host !== 'deaf';
    },
    { write: (_level, _event, fields) => void refused.push(fields) },
  );
  router.arrange(new Map(Object.entries(hosts)));
  const lostIn = (message: MessageHere | Sent): string => ('isLost' in message && message.isLost ? ' lost' : '');
  const told = () => posted.splice(0).map(([host, one]) => `${host} ${one.kind} ${one.id}${lostIn(one)}`);
  return { router, posted, refused, told };
}

test('a message goes to the processes that read it and no other, and is answered when all have taken it', (t) => {
  const { router, told } = newRouter({ a: [writer], b: [reader('x')], c: [reader('y')], d: [{ name: 'z' }] });
  t.deepEqual(router.readElsewhere('a'), ['readings']);
  t.deepEqual(router.readElsewhere('b'), []);
  router.carry('a', { kind: 'message', id: 7, application: 'writer', channel: 'readings', data });
  t.deepEqual(told(), ['b message 1', 'c message 1']);
  router.took('b', 1);
  router.took('d', 1);
  t.deepEqual(told(), []);
  router.took('c', 1);
  t.deepEqual(told(), ['a sent 7']);
});

test('a process that says it writes what none of its applications writes is not believed', (t) => {
  const { router, told, refused } = newRouter({ a: [{ name: 'other' }], b: [reader('x')] });
  router.carry('a', { kind: 'message', id: 1, application: 'writer', channel: 'readings', data });
  router.carry('a', { kind: 'message', id: 2, application: 'other', channel: 'readings', data });
  t.deepEqual(told(), []);
  t.is(refused.length, 2);
});

test('whoever is gone, deaf or moved away is waited for no more', (t) => {
  const { router, told } = newRouter({ a: [writer], b: [reader('x')], c: [reader('y')], deaf: [reader('z')] });
  router.carry('a', { kind: 'message', id: 7, application: 'writer', channel: 'readings', data });
  told();
  router.died('b');
  t.deepEqual(told(), []);
  router.arrange(new Map([['a', [writer]]]));
  t.deepEqual(told(), ['a sent 7 lost']);
});

test('a process whose messages are never taken is not heard without end', (t) => {
  const { router, refused } = newRouter({ a: [writer], b: [reader('x')] });
  for (let id = 1; id <= 3000; id++) {
    router.carry('a', { kind: 'message', id, application: 'writer', channel: 'readings', data });
  }
  t.is(refused.length, 3000 - 2048);
});

test('a writer waits for its only reader elsewhere, and beside a reader that has room it waits for nobody', (t) => {
  let said = 0;
  const lostElsewhere: string[] = [];
  const abroad = new Abroad(
    () => {
      said += 1;
    },
    (application) => lostElsewhere.push(application),
  );
  const hub = new ChannelHub(abroad, () => {});
  const terms = channelTerms({ queue: 2 });
  const message = Buffer.from('a\n');
  let lost = 0;
  const onDropped = (): void => {
    lost += 1;
  };
  const put = () => hub.put('writer', 'readings', terms, message, onDropped);
  abroad.apply(['readings']);
  t.deepEqual([put(), put(), put()], ['taken', 'taken', 'full']);
  abroad.sent({ kind: 'sent', id: 1, isLost: true });
  t.deepEqual(lostElsewhere, ['writer']);
  t.is(put(), 'taken');
  hub.apply([reader('here')]);
  t.is(put(), 'taken');
  t.deepEqual([said, lost, hub.counts('here').waiting], [3, 1, 1]);
});

test('what comes from elsewhere is answered once it was taken, in its order', async (t) => {
  const took: number[] = [];
  const hub = new ChannelHub(
    new Abroad(
      () => {},
      () => {},
    ),
    () => {},
  );
  hub.apply([reader('only')]);
  const arrivals = new Arrivals(hub, ({ id }) => void took.push(id));
  const terms = channelTerms({ queue: 1 });
  for (const id of [1, 2, 3]) {
    const text = Buffer.from(`${id}\n`).toString('base64');
    arrivals.take({ kind: 'message', id, channel: 'readings', terms, data: text });
  }
  t.deepEqual(took, [1]);
  const queue = hub.queue('only', 'readings')!;
  for (const expected of ['1\n', '2\n', '3\n']) {
    t.is(Buffer.from(queue.take()!).toString(), expected);
    await Promise.resolve();
  }
  t.deepEqual(took, [1, 2, 3]);
});
