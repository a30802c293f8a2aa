import test from 'ava';
import type { ChannelMark } from '../../../controller/engine/records.ts';
import { Intake } from '../../../controller/messages/intake.ts';
import { bytesUnderWayMax } from '../../../controller/messages/limits.ts';
import { lineOf, type ShoreMessage } from '../../../controller/messages/message.ts';
import { type Outlet, OutletError } from '../../../controller/messages/outlet.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { MessageBatch } from '../../../schemas/message-batch.ts';

const stream = '0123456789abcdef';

function batchOf(index: number, texts: readonly string[], more: Partial<MessageBatch> = {}): MessageBatch {
  const messages = texts.map((text) => ({ at: 1, message: new TextEncoder().encode(text) }));
  return { application: 'gauge', channel: 'readings', stream, segment: 1, index, dropped: 0, messages, ...more };
}

/** An outlet that does as it is told, and remembers what it took. */
class Shelf implements Outlet {
  readonly name: string;
  readonly texts: string[] = [];
  failure: Error | undefined;
  wait: Promise<void> = Promise.resolve();

  constructor(name: string) {
    this.name = name;
  }

  takes(): boolean {
    return true;
  }

  async give(messages: readonly ShoreMessage[]): Promise<void> {
    await this.wait;
    if (this.failure !== undefined) throw this.failure;
    this.texts.push(...messages.map(({ bytes }) => new TextDecoder().decode(bytes)));
  }
}

function openIntake(outlets: readonly Outlet[]) {
  const marks = new Map<string, ChannelMark>();
  const world = { failure: undefined as Error | undefined };
  const intake = new Intake({
    ...{ clock: new SimTime(5_000).clock({ alive: true }), outlets },
    markOf: (device, channel) => marks.get(`${device} ${channel}`),
    note: async (device, channel, mark) => {
      if (world.failure !== undefined) throw world.failure;
      marks.set(`${device} ${channel}`, mark);
    },
  });
  return { intake, marks, world };
}

const of = { application: 'gauge', channel: 'readings', stream };

test('what every outlet took is remembered, acknowledged, and comes out once however often it is sent', async (t) => {
  const [files, webhook] = [new Shelf('files'), new Shelf('webhook')];
  const { intake, marks } = openIntake([files, webhook]);
  t.deepEqual(await intake.take('buoy', batchOf(0, ['a', 'b'])), { ...of, taken: { segment: 1, index: 1 } });
  t.like(marks.get('buoy gauge/readings'), { stream, segment: 1, index: 1 });
  t.deepEqual(await intake.take('buoy', batchOf(0, ['a', 'b'])), { ...of, taken: { segment: 1, index: 1 } });
  t.deepEqual(await intake.take('buoy', batchOf(1, ['b', 'c'])), { ...of, taken: { segment: 1, index: 2 } });
  t.deepEqual(files.texts, ['a', 'b', 'c']);
  t.deepEqual(webhook.texts, ['a', 'b', 'c']);
  await intake.take('buoy', batchOf(0, ['anew'], { stream: 'ffffffffffffffff' }));
  t.deepEqual(files.texts.slice(3), ['anew'], 'a channel that was opened for the first time again');
});

test('what one outlet does not take stays on the device ever longer, and the others do not get it twice', async (t) => {
  const [files, webhook] = [new Shelf('files'), new Shelf('webhook')];
  const { intake, marks } = openIntake([files, webhook]);
  webhook.failure = new OutletError('WEBHOOK_REFUSES', 'it answers 500');
  const seconds: number[] = [];
  for (let n = 0; n < 7; n += 1) {
    const answer = await intake.take('buoy', batchOf(0, ['a', 'b']));
    if (answer === undefined || !('wait' in answer)) return t.fail();
    t.like(answer.wait, { code: 'WEBHOOK_REFUSES', message: 'webhook: it answers 500' });
    seconds.push(answer.wait.seconds);
  }
  t.deepEqual(seconds, [30, 60, 120, 240, 480, 900, 900]);
  t.is(marks.size, 0);
  t.like(await intake.take('buoy', batchOf(0, ['a'])), { wait: { seconds: 900 } }, 'tried with one message');
  webhook.failure = undefined;
  t.like(await intake.take('buoy', batchOf(0, ['a', 'b', 'c'])), { taken: { segment: 1, index: 2 } });
  t.deepEqual(
    [files.texts, webhook.texts],
    [
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ],
  );
});

test('what can not be written down is not acknowledged', async (t) => {
  const files = new Shelf('files');
  const { intake, world } = openIntake([files]);
  world.failure = new Error('the disk is full');
  t.like(await intake.take('buoy', batchOf(0, ['a'])), { wait: { code: 'STATE_NOT_WRITTEN' } });
  world.failure = undefined;
  t.like(await intake.take('buoy', batchOf(0, ['a'])), { taken: { segment: 1, index: 0 } });
});

test('a channel that no outlet is for waits on its device, which hears why', async (t) => {
  const { intake } = openIntake([]);
  t.like(await intake.take('buoy', batchOf(0, ['a'])), { wait: { code: 'NO_OUTLET' } });
});

test('a batch that is on its way is not begun again, and what is on its way is bounded', async (t) => {
  const files = new Shelf('files');
  const { intake } = openIntake([files]);
  const gate = Promise.withResolvers<void>();
  files.wait = gate.promise;
  const message = new Uint8Array(bytesUnderWayMax / 2 + 1);
  const large = { messages: [{ at: 1, message }] };
  const first = intake.take('buoy', batchOf(0, [], large));
  t.is(await intake.take('buoy', batchOf(0, [], large)), undefined);
  t.like(await intake.take('crane', batchOf(0, [], large)), { wait: { code: 'SHORE_BUSY' } });
  gate.resolve();
  t.like(await first, { taken: { segment: 1, index: 0 } });
  t.like(await intake.take('crane', batchOf(0, [], large)), { taken: { segment: 1, index: 0 } });
});

test('what was carried is marked by when it was signed, never ahead of now and never behind what is known', async (t) => {
  const { intake, marks } = openIntake([new Shelf('files')]);
  const at = async (index: number, signedAt?: number): Promise<number> => {
    await intake.take('buoy', batchOf(index, ['a']), signedAt === undefined ? undefined : { by: 'ada', signedAt });
    return marks.get('buoy gauge/readings')!.at;
  };
  t.deepEqual([await at(0, 2_000), await at(1, 1_000), await at(2, 9_000), await at(3)], [2_000, 2_000, 5_000, 5_000]);
});

test('a line has a message as text, or as base64 where its bytes are none', (t) => {
  const message = {
    ...{ id: 'x-1-0', device: 'buoy', application: 'gauge', channel: 'readings' },
    at: 0,
    receivedAt: 5,
  };
  const line = lineOf({ ...message, bytes: new TextEncoder().encode('Ærø "1"\n') });
  t.true(line.endsWith('\n') && !line.slice(0, -1).includes('\n'));
  const at = '1970-01-01T00:00:00.000Z';
  const { bytes: _, ...rest } = { ...message, bytes: undefined };
  t.deepEqual(JSON.parse(line), { ...rest, at, receivedAt: '1970-01-01T00:00:00.005Z', text: 'Ærø "1"\n' });
  t.like(JSON.parse(lineOf({ ...message, bytes: Uint8Array.of(0xff, 0) })), { base64: '/wA=' });
});
