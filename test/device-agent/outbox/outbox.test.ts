import test from 'ava';
import { ChannelWriter } from '../../../device-agent/outbox/files/channel-writer.ts';
import type { OutboxTerms } from '../../../device-agent/outbox/files/outbox-port.ts';
import { Outbox, type Urgent } from '../../../device-agent/outbox/outbox.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { type BatchAnswer, encodeAnswer } from '../../../schemas/batch-answer.ts';
import { type MessageBatch, readPart, unpackBatch } from '../../../schemas/message-batch.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const week: OutboxTerms = { quotaBytes: 2 ** 20, maxAgeSeconds: 7 * 86_400, drop: 'oldest' };

/** Counts from now on how often a directory is listed. */
function countingLists(disk: SimDisk): { count: number } {
  const looks = { count: 0 };
  const list = disk.list.bind(disk);
  disk.list = (path) => {
    looks.count += 1;
    return list(path);
  };
  return looks;
}

type Reply = (batch: MessageBatch) => BatchAnswer | undefined;

const take: Reply = ({ application, channel, stream, segment, index, messages }) => ({
  ...{ application, channel, stream },
  taken: { segment, index: index + messages.length - 1 },
});

const wait =
  (seconds: number): Reply =>
  ({ application, channel, stream }) => ({
    ...{ application, channel, stream },
    wait: { seconds, code: 'OUTLET_FAILS', message: 'the webhook answers 500' },
  });

function begin(options: { readonly bytesPerDay?: number } = {}) {
  const disk = new SimDisk();
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const clock = time.clock({ alive: true });
  const world = {
    urgent: undefined as Urgent,
    reply: take as Reply,
    held: undefined as ReadonlySet<string> | undefined,
    changes: 0,
    sentBytes: 0,
  };
  const batches: { readonly at: number; readonly batch: MessageBatch }[] = [];
  const logged: string[] = [];
  let parts: Uint8Array[] = [];
  const outbox = new Outbox({
    ...{ disk, clock, random: new SimRandom(1), directory: '/outbox', ...options },
    own: { application: 'agent', channel: 'own', directory: '/own' },
    log: { write: (level, event) => logged.push(`${level} ${event}`) },
    urgent: () => world.urgent,
    held: () => world.held,
    onChange: () => {
      world.changes += 1;
    },
    send: async (bytes) => {
      await clock.sleep(300);
      world.sentBytes += bytes.length;
      const part = readPart(bytes);
      parts = part.part === 0 ? [part.bytes] : [...parts, part.bytes];
      if (part.part < part.parts - 1) return true;
      const batch = unpackBatch(Buffer.concat(parts));
      batches.push({ at: clock.now(), batch });
      const answer = world.reply(batch);
      if (answer !== undefined) clock.after(300, () => outbox.answered(encodeAnswer(answer)));
      return true;
    },
  });
  const open = (channel: string): ChannelWriter =>
    new ChannelWriter(`/outbox/gauge/${channel}`, week, { disk, clock, random: new SimRandom(2) });
  const put = (writer: ChannelWriter, text: string): string => writer.put(new TextEncoder().encode(text));
  const run = (seconds: number): Promise<void> => time.runUntil(time.now + seconds * 1000);
  const texts = (): string[] =>
    batches.flatMap(({ batch }) => batch.messages.map(({ message }) => new TextDecoder().decode(message)));
  outbox.expect(true);
  outbox.start();
  return { outbox, clock, disk, world, batches, logged, open, put, run, texts };
}

test('while nothing that runs speaks to the shore and all is said, nobody looks at the disk', async (t) => {
  const { outbox, disk, texts, open, put, run } = begin();
  const looks = countingLists(disk);
  outbox.expect(false);
  put(open('readings'), 'left behind');
  outbox.connection(true);
  await run(60);
  t.deepEqual(texts(), ['left behind'], 'what waits is said, whoever runs now');
  looks.count = 0;
  await run(3_600);
  t.is(looks.count, 0);
  outbox.expect(true);
  put(open('alarms'), 'here again');
  await run(10);
  t.deepEqual(texts(), ['left behind', 'here again']);
});

test('messages wait for a connection, travel together, and are gone once the shore has them', async (t) => {
  const { outbox, batches, open, put, run, texts } = begin();
  const writer = open('readings');
  for (let n = 1; n <= 50; n += 1) put(writer, `message ${n}`);
  await run(60);
  t.is(batches.length, 0);
  t.like(outbox.report(), { messages: 50, dropped: 0, oldestAt: '2026-03-01T00:00:00.000Z' });
  outbox.connection(true);
  await run(10);
  t.is(batches.length, 1);
  t.is(texts().length, 50);
  t.deepEqual(outbox.report(), { messages: 0, bytes: 0, dropped: 0 });
});

test('channels of an application that is gone go once the shore has them, and it may come back', async (t) => {
  const { outbox, world, disk, open, put, run, texts } = begin();
  const writer = open('readings');
  put(writer, 'before');
  world.held = new Set();
  await run(2 * 3_600);
  t.is(outbox.report()?.messages, 1, 'what the shore does not have stays');
  outbox.connection(true);
  await run(2 * 3_600);
  t.deepEqual([disk.list('/outbox'), outbox.report()], [[], undefined]);
  world.held = undefined;
  t.is(put(writer, 'after'), 'taken', 'the process that ran it before runs it again');
  await run(60);
  t.deepEqual(texts(), ['before', 'after']);
  world.held = new Set(['gauge']);
  await run(2 * 3_600);
  t.deepEqual(disk.list('/outbox'), ['gauge']);
});

test('what is not answered is sent again under the same numbers, ever more seldom, and at once after a reconnect', async (t) => {
  const { outbox, world, batches, open, put, run } = begin();
  put(open('readings'), 'once');
  world.reply = () => undefined;
  outbox.connection(true);
  await run(24 * 3_600);
  t.true(batches.length > 10 && batches.length < 70, `${batches.length} times in a day`);
  t.is(new Set(batches.map(({ batch: { segment, index } }) => `${segment}/${index}`)).size, 1);
  world.reply = take;
  outbox.connection(false);
  outbox.connection(true);
  await run(10);
  t.is(outbox.report()?.messages, 0);
});

test('a channel that the shore asks to wait holds up no other, is told with the reason, and goes on when it may', async (t) => {
  const { outbox, world, batches, open, put, run } = begin();
  put(open('alarms'), 'an alarm');
  put(open('readings'), 'a reading');
  world.reply = (batch) => (batch.channel === 'alarms' ? wait(600)(batch) : take(batch));
  outbox.connection(true);
  await run(60);
  t.deepEqual(
    batches.map(({ batch }) => batch.channel),
    ['alarms', 'readings'],
  );
  const held = { code: 'OUTLET_FAILS', message: 'the webhook answers 500', channel: 'gauge/alarms' };
  t.like(outbox.report(), { messages: 1, held });
  world.reply = take;
  await run(800);
  t.deepEqual(outbox.report(), { messages: 0, bytes: 0, dropped: 0 });
  t.is(world.changes, 2);
});

test('a report goes first, and beside an update a batch goes every half minute', async (t) => {
  const { outbox, world, batches, open, put, run } = begin();
  const writer = open('readings');
  for (let n = 0; n < 12; n += 1) put(writer, 'x'.repeat(30_000));
  world.urgent = 'report';
  outbox.connection(true);
  await run(120);
  t.is(batches.length, 0);
  world.urgent = 'update';
  await run(121);
  t.true(batches.length >= 3 && batches.length <= 5, `${batches.length}`);
  world.urgent = undefined;
  await run(60);
  t.is(outbox.report()?.messages, 0);
});

test('what the agent itself has to say begins, and is none of what is reported of them', async (t) => {
  const { outbox, batches, disk, open, put, run } = begin();
  const gauge = open('readings');
  for (let n = 0; n < 3; n += 1) put(gauge, `reading ${n}`);
  const own = new ChannelWriter('/own', week, {
    ...{ disk, clock: new SimTime(0).clock({ alive: true }), random: new SimRandom(3) },
  });
  put(own, 'the power was cut');
  outbox.noted();
  await run(6);
  t.is(outbox.report()?.messages, 3);
  outbox.connection(true);
  await run(30);
  t.deepEqual(
    batches.map(({ batch }) => `${batch.application} ${batch.messages.length}`),
    ['agent 1', 'gauge 3'],
  );
  t.is(outbox.report()?.messages, 0);
});

test('however much the agent itself has to say, applications have their turns, also where a connection lasts for one batch', async (t) => {
  const { outbox, world, batches, disk, open, put, run } = begin();
  const own = new ChannelWriter('/own', week, {
    ...{ disk, clock: new SimTime(0).clock({ alive: true }), random: new SimRandom(3) },
  });
  for (let n = 0; n < 500; n += 1) put(own, `entry ${n}`);
  put(open('alarms'), 'fire');
  await run(6);
  world.reply = () => {
    outbox.connection(false);
    return undefined;
  };
  const contact = async (): Promise<readonly string[]> => {
    const before = batches.length;
    outbox.connection(true);
    await run(30);
    return batches.slice(before).map(({ batch }) => batch.application);
  };
  t.deepEqual([await contact(), await contact(), await contact()], [['agent'], ['gauge'], ['agent']]);
  world.reply = take;
  const said = await contact();
  t.deepEqual(said, ['gauge', ...Array.from({ length: 8 }, () => 'agent')]);
});

test('what waits while there is no connection is looked at seldom, and at once when there is one', async (t) => {
  const { outbox, disk, texts, open, put, run } = begin();
  const gauge = open('readings');
  put(gauge, 'a reading');
  await run(6);
  outbox.expect(false);
  await run(10);
  const before = disk.operations;
  const looks = countingLists(disk);
  await run(3_600);
  t.is(disk.operations, before);
  t.true(looks.count <= 60, `${looks.count} looks in an hour`);
  outbox.connection(true);
  await run(10);
  t.deepEqual(texts(), ['a reading']);
});

test('what the shore did not hear is said again once it answers what was said after it, and not before', async (t) => {
  const { outbox, world, batches, clock, open, put, run } = begin();
  put(open('readings'), 'said to nobody');
  world.reply = () => undefined;
  outbox.connection(true);
  await run(10);
  t.is(batches.length, 1);
  world.reply = take;
  outbox.heard(clock.monotonic() - 9_000);
  await run(8);
  t.is(batches.length, 1, 'a report that went before the batch tells nothing of it');
  outbox.heard(clock.monotonic());
  await run(7);
  t.is(batches.length, 2);
  t.is(outbox.report()?.messages, 0);
});

test('where a report is on its way at each look what waits goes between them', async (t) => {
  const { outbox, world, clock, texts, open, put, run } = begin();
  put(open('readings'), 'a reading');
  world.urgent = 'report';
  outbox.connection(true);
  for (let report = 0; report < 12; report++) {
    await run(5);
    t.deepEqual(texts(), []);
  }
  world.urgent = undefined;
  outbox.heard(clock.monotonic());
  world.urgent = 'report';
  await run(1);
  t.deepEqual(texts(), ['a reading']);
});

for (const hours of [1, 2, 3])
  test(`after ${hours} h without a word of the shore what waits goes as soon as it is heard`, async (t) => {
    const { outbox, world, clock, open, put, run } = begin();
    put(open('readings'), 'said to nobody');
    await run(6);
    outbox.expect(false);
    world.reply = () => undefined;
    outbox.connection(true);
    await run(hours * 3_600);
    world.reply = take;
    outbox.heard(clock.monotonic());
    await run(15);
    t.is(outbox.report()?.messages, 0);
  });

test('a message of the largest kind travels in parts', async (t) => {
  const { outbox, batches, open, run } = begin();
  const message = new SimRandom(7).bytes(250_000);
  t.is(open('readings').put(message), 'taken');
  outbox.connection(true);
  await run(60);
  t.true(Buffer.from(message).equals(batches[0]!.batch.messages[0]!.message));
  t.is(outbox.report()?.messages, 0);
});

test('no more travels in a day than its budget, and the rest is told and goes the day after', async (t) => {
  const { outbox, world, open, run } = begin({ bytesPerDay: 100_000 });
  const writer = open('readings');
  const random = new SimRandom(3);
  for (let n = 0; n < 20; n += 1) writer.put(random.bytes(10_000));
  outbox.connection(true);
  await run(12 * 3_600);
  t.true(world.sentBytes > 60_000 && world.sentBytes < 140_000, `${world.sentBytes}`);
  t.is(outbox.report()?.held?.code, 'OVER_BUDGET');
  await run(36 * 3_600);
  t.is(outbox.report()?.messages, 0);
});

test('bytes that are no answer, and answers about nothing, change nothing', async (t) => {
  const { outbox, world, logged, open, put, run } = begin();
  put(open('readings'), 'stays');
  world.reply = () => undefined;
  outbox.connection(true);
  await run(20);
  const of = { application: 'gauge', channel: 'readings', stream: '0000000000000000' };
  for (const payload of [
    new Uint8Array(),
    new TextEncoder().encode('{'),
    encodeAnswer({ ...of, taken: { segment: 1, index: 0 } }),
    encodeAnswer({ ...of, application: 'nobody', taken: { segment: 1, index: 0 } }),
  ]) {
    outbox.answered(payload);
  }
  t.is(outbox.report()?.messages, 1);
  t.deepEqual(logged, []);
});
