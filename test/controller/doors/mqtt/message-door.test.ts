import test from 'ava';
import { createGuard } from '../../../../controller/doors/guard.ts';
import { openMessageDoor } from '../../../../controller/doors/mqtt/message-door.ts';
import { BusError, type BusMessage } from '../../../../platform/ports.ts';
import { SimTime } from '../../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../../platform/simulated/random.ts';
import { type BatchAnswer, decodeAnswer } from '../../../../schemas/batch-answer.ts';
import { batchParts, type MessageBatch, packBatch } from '../../../../schemas/message-batch.ts';

const stream = '0123456789abcdef';

/** Bytes that deflate does not make fewer, so that they take several parts. */
function batchOf(bytes: number): MessageBatch {
  const messages = [{ at: 1, message: new SimRandom(bytes).bytes(bytes) }];
  return { application: 'gauge', channel: 'readings', stream, segment: 1, index: 0, dropped: 0, messages };
}

async function open(isRefusing = false) {
  const time = new SimTime(0);
  const taken: { readonly device: string; readonly batch: MessageBatch }[] = [];
  const said: { readonly topic: string; readonly answer: BatchAnswer | undefined }[] = [];
  const [refused, filters, logged]: [string[], string[], string[]] = [[], [], []];
  let handler: (message: BusMessage) => void = () => {};
  await openMessageDoor({
    bus: {
      subscribe: async (filter, take) => {
        filters.push(filter);
        handler = take;
      },
    },
    guard: createGuard({ clock: time.clock({ alive: true }), log: { write: (_level, event) => logged.push(event) } }),
    ...{ clock: time.clock({ alive: true }), knows: (device) => device !== 'stranger' },
    take: async (device, batch) => {
      taken.push({ device, batch });
      const { application, channel } = batch;
      return { application, channel, stream, taken: { segment: batch.segment, index: batch.index } };
    },
    say: async ({ topic, payload }) => {
      said.push({ topic, answer: decodeAnswer(payload) });
      if (isRefusing) throw new BusError('AWAY', 'there is no broker');
    },
    onRefusal: ({ device, code }) => refused.push(`${device} ${code}`),
  });
  const hear = (device: string, payload: Uint8Array): void => handler({ topic: `fleet/${device}/out`, payload });
  const settled = (): Promise<void> => time.runUntil(time.now);
  return { time, taken, said, refused, filters, logged, hear, settled };
}

test('a batch is put together from its parts, handed on, and answered to its device', async (t) => {
  const { taken, said, filters, hear, settled } = await open();
  const parts = batchParts(1, packBatch(batchOf(20_000)));
  const others = batchParts(1, packBatch(batchOf(9_000)));
  t.deepEqual(filters, ['fleet/+/out']);
  t.deepEqual([parts.length, others.length], [3, 2]);
  for (const n of [0, 1, 2]) {
    hear('buoy', parts[n]!);
    if (n < 2) hear('crane', others[n]!);
  }
  await settled();
  t.deepEqual(
    taken.map(({ device, batch }) => [device, batch.messages[0]?.message.length]),
    [
      ['crane', 9_000],
      ['buoy', 20_000],
    ],
  );
  t.deepEqual(
    said.map(({ topic }) => topic),
    ['fleet/crane/taken', 'fleet/buoy/taken'],
  );
  t.like(said[0]?.answer, { taken: { segment: 1, index: 0 } });
});

test('an answer that the broker does not take is no fault of what came in', async (t) => {
  const { taken, said, logged, hear, settled } = await open(true);
  hear('buoy', batchParts(1, packBatch(batchOf(100)))[0]!);
  await settled();
  t.deepEqual([taken.length, said.length, logged], [1, 1, []]);
});

test('an agent that is started again in the middle of a batch begins another under the same number', async (t) => {
  const { taken, refused, hear, settled } = await open();
  const [before, after] = [9_000, 10_000].map((bytes) => batchParts(1, packBatch(batchOf(bytes))));
  hear('buoy', before![0]!);
  for (const part of after!) hear('buoy', part);
  // A broker may deliver one twice.
  hear('crane', after![0]!);
  hear('crane', after![0]!);
  hear('crane', after![1]!);
  await settled();
  t.deepEqual(
    taken.map(({ batch }) => batch.messages[0]?.message.length),
    [10_000, 10_000],
  );
  t.deepEqual(refused, []);
});

test('what is no batch, comes without its beginning or from nobody is refused by name, and nothing is answered', async (t) => {
  const { taken, said, refused, hear, settled } = await open();
  const parts = batchParts(7, packBatch(batchOf(20_000)));
  hear('buoy', new Uint8Array([9, 9]));
  hear('buoy', parts[1]!);
  hear('buoy', parts[0]!);
  hear('buoy', parts[2]!);
  hear('stranger', parts[0]!);
  await settled();
  t.deepEqual(refused, [
    ...['buoy BATCH_MALFORMED', 'buoy BATCH_MALFORMED', 'buoy BATCH_MALFORMED', 'stranger DEVICE_UNKNOWN'],
  ]);
  t.deepEqual([taken.length, said.length], [0, 0]);
});

test('one device that floods is not read beyond its rate, and another is', async (t) => {
  const { time, taken, hear } = await open();
  const [part] = batchParts(1, packBatch(batchOf(100)));
  for (let n = 0; n < 1_000; n += 1) hear('buoy', part!);
  hear('crane', part!);
  await time.runUntil(time.now);
  t.is(taken.filter(({ device }) => device === 'buoy').length, 120);
  t.is(taken.filter(({ device }) => device === 'crane').length, 1);
  await time.runUntil(time.now + 1_000);
  for (let n = 0; n < 1_000; n += 1) hear('buoy', part!);
  await time.runUntil(time.now);
  t.is(taken.length, 131);
});
