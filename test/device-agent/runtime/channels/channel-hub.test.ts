import test from 'ava';
import type { OutboxPort } from '../../../../device-agent/outbox/files/outbox-port.ts';
import { Abroad } from '../../../../device-agent/runtime/channels/abroad.ts';
import { ChannelHub, channelTerms } from '../../../../device-agent/runtime/channels/channel-hub.ts';
import { ChannelInput, ChannelOutput } from '../../../../device-agent/runtime/channels/channel-streams.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (message: Uint8Array | undefined): string | undefined => message && new TextDecoder().decode(message);
const reader = (name: string) => ({ name, channels: { in: { readings: {} } } });

function hubOf(...names: string[]): ChannelHub {
  const hub = new ChannelHub(
    new Abroad(
      () => {},
      () => {},
    ),
    () => {},
  );
  hub.apply(names.map(reader));
  return hub;
}

function outputOf(hub: ChannelHub, terms: Parameters<typeof channelTerms>[0] = {}) {
  let dropped = 0;
  const onDropped = (): void => {
    dropped += 1;
  };
  const shore: string[] = [];
  const outbox: OutboxPort = {
    put: (application, channel, _terms, message) => {
      shore.push(`${application}/${channel} ${Buffer.from(message)}`);
      return 'taken';
    },
  };
  const output = new ChannelOutput({
    hub,
    outbox,
    application: 'writer',
    channel: 'readings',
    terms: channelTerms(terms),
    onDropped,
  });
  return { output, shore, dropped: () => dropped };
}

test('the only reader of a channel loses nothing: a full channel takes no more until it has read', async (t) => {
  const hub = hubOf('only');
  const { output } = outputOf(hub, { queue: 2 });
  t.is(output.write(bytes('a\nb\nc\n')), 4);
  t.false(output.isReady());
  const { promise, resolve } = Promise.withResolvers<void>();
  output.onReady(resolve);
  t.is(text(hub.queue('only', 'readings')!.take()), 'a\n');
  await promise;
  t.is(output.write(bytes('c\n')), 2);
  t.deepEqual(hub.counts('only'), { waiting: 2, dropped: 0 });
});

test('what waits for a reader is bounded in bytes too; a message that is larger waits alone', (t) => {
  const hub = hubOf('only');
  const { output } = outputOf(hub, { queue: 1000, messageBytes: 2 ** 21, framing: 'write' });
  const [half, more] = [new Uint8Array(2 ** 19), new Uint8Array(2 ** 20 + 1)];
  t.deepEqual([output.write(half), output.write(half), output.write(half)], [2 ** 19, 2 ** 19, 0]);
  for (let taken = 0; taken < 2; taken++) hub.queue('only', 'readings')!.take();
  t.deepEqual([output.write(more), output.write(Uint8Array.of(1))], [more.length, 0]);
});

test('a reader that lags behind another loses what is oldest, or newest, and is told how much; the other gets all', (t) => {
  for (const [drop, kept] of [
    ['oldest', 'b\n'],
    ['newest', 'a\n'],
  ] as const) {
    const hub = hubOf('quick', 'slow');
    const { output } = outputOf(hub, { queue: 2, drop });
    for (const line of ['a\n', 'b\n', 'c\n']) {
      output.write(bytes(line));
      t.is(text(hub.queue('quick', 'readings')!.take()), line);
    }
    t.deepEqual(hub.counts('slow'), { waiting: 2, dropped: 1 });
    t.is(text(hub.queue('slow', 'readings')!.take()), kept);
    t.deepEqual(hub.counts('quick'), { waiting: 0, dropped: 0 });
  }
});

test('lines are messages however they were written, and an unfinished one becomes one at the end', (t) => {
  const hub = hubOf('only');
  const { output } = outputOf(hub);
  for (const part of ['fir', 'st\nsecond\nla', 'st']) t.is(output.write(bytes(part)), part.length);
  output.close();
  const input = new ChannelInput(hub.queue('only', 'readings')!);
  const into = new Uint8Array(4);
  const reads = Array.from({ length: 6 }, () => text(into.subarray(0, input.read(into))));
  t.deepEqual(reads, ['firs', 't\n', 'seco', 'nd\n', 'last', '\n']);
});

test('a message that is too large is refused and counted, and what follows it is not', (t) => {
  const hub = hubOf('only');
  const { output, dropped } = outputOf(hub, { messageBytes: 1024 });
  t.throws(() => output.write(new Uint8Array(1025).fill(97)), { message: /1025 bytes, of 1024/ });
  t.is(output.write(bytes('the rest of it\nnext\n')), 20);
  t.is(text(hub.queue('only', 'readings')!.take()), 'next\n');
  t.is(dropped(), 1);
});

test('a message that nobody reads is counted and holds nobody up', (t) => {
  const { output, dropped } = outputOf(
    new ChannelHub(
      new Abroad(
        () => {},
        () => {},
      ),
      () => {},
    ),
  );
  t.is(output.write(bytes('a\nb\n')), 4);
  t.true(output.isReady());
  t.is(dropped(), 2);
});

test('what waits for a reader stays when others come and go, and goes with it', (t) => {
  const hub = hubOf('stays', 'goes');
  outputOf(hub).output.write(bytes('a\n'));
  hub.apply([reader('stays'), reader('comes')]);
  t.deepEqual(
    ['stays', 'goes', 'comes'].map((name) => hub.counts(name).waiting),
    [1, 0, 0],
  );
});

test('what a reader had lost, and what waited for it, is told when it goes', (t) => {
  const lost: (readonly [string, number])[] = [];
  const abroad = new Abroad(
    () => {},
    () => {},
  );
  const hub = new ChannelHub(abroad, (...told) => lost.push(told));
  hub.apply(['stays', 'goes'].map(reader));
  const { output } = outputOf(hub, { queue: 1 });
  output.write(bytes('a\n'));
  hub.queue('stays', 'readings')!.take();
  output.write(bytes('b\n'));
  hub.apply([reader('stays')]);
  t.deepEqual(lost, [['goes', 2]]);
});

test('what is written to a channel of the shore goes to the outbox, whether or not anybody aboard reads it, and is not lost', (t) => {
  const terms = { shore: { quotaBytes: 65_536, maxAgeSeconds: 60, drop: 'oldest' } } as const;
  const unread = outputOf(hubOf(), terms);
  unread.output.write(bytes('a\nb\n'));
  t.deepEqual(unread.shore, ['writer/readings a', 'writer/readings b']);
  t.is(unread.dropped(), 0);
  const hub = hubOf('only');
  const read = outputOf(hub, { ...terms, queue: 1 });
  t.is(read.output.write(bytes('a\nb\n')), 2);
  t.deepEqual(read.shore, ['writer/readings a']);
  t.is(text(hub.queue('only', 'readings')!.take()), 'a\n');
});
