import test from 'ava';
import { heardAt } from '../../../controller/engine/marks.ts';
import type { ChannelMark } from '../../../controller/engine/records.ts';
import { type CarriedWorld, takeCarried } from '../../../controller/messages/take-carried.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { BatchAnswer } from '../../../schemas/batch-answer.ts';
import { signMessages } from '../../../schemas/carried-messages.ts';
import type { CarriedMessages } from '../../../schemas/generated/types.ts';
import { packBatch } from '../../../schemas/message-batch.ts';
import { drawKey } from '../../sim/sim-key.ts';

const key = drawKey(new SimRandom(1));
const now = Date.parse('2026-03-10T00:00:00Z');
const day = 86_400_000;
const [stream, other] = ['0123456789abcdef', 'fedcba9876543210'];

interface Carry {
  readonly stream?: string;
  readonly index?: number;
  readonly follows?: CarriedMessages['follows'];
  readonly atMs?: number;
  readonly packed?: Uint8Array;
}

/** Two messages of a channel, as the device signs them. */
function carry({ index = 0, follows, atMs = now, ...rest }: Carry = {}): CarriedMessages {
  const of = { application: 'gauge', channel: 'readings', stream: rest.stream ?? stream, segment: 1, dropped: 0 };
  const messages = [1, 2].map((at) => ({ at, message: Uint8Array.of(at) }));
  const packed = rest.packed ?? packBatch({ ...of, index, messages });
  const claim = { device: 'anna', at: new Date(atMs).toISOString(), packed, ...(follows && { follows }) };
  return signMessages(claim, key.pem);
}

/** A shore that remembers what it took. */
function shore(answer: Partial<Record<'refuse' | 'busy', true>> = {}) {
  const marks: Record<string, ChannelMark> = {};
  const taken: string[] = [];
  const world: CarriedWorld = {
    now: () => now,
    authorize: (device, fingerprint) =>
      device === 'anna' && fingerprint === key.fingerprint ? 'ok' : { code: 'KEY_UNKNOWN', message: 'not its key' },
    markOf: (_device, channel) => marks[channel],
    take: async (device, batch, carried): Promise<BatchAnswer | undefined> => {
      const { application, channel, stream: of, segment, index, messages } = batch;
      if (answer.busy) return undefined;
      if (answer.refuse)
        return { application, channel, stream: of, wait: { seconds: 1, code: 'NO_OUTLET', message: 'no outlet' } };
      const last = { segment, index: index + messages.length - 1 };
      const name = `${application}/${channel}`;
      marks[name] = { stream: of, ...last, at: heardAt(now, marks[name], carried) };
      taken.push(`${device} ${index} ${carried.by}`);
      return { application, channel, stream: of, taken: last };
    },
  };
  const bring = async (messages: CarriedMessages): Promise<string | number> => {
    const outcome = await takeCarried({ messages, who: 'ada' }, world);
    return outcome.kind === 'taken' ? outcome.messages : outcome.code;
  };
  return { bring, taken };
}

test('what a device signed is taken once, however often it is brought, and known by who brought it', async (t) => {
  const { bring, taken } = shore();
  t.is(await bring(carry()), 2);
  t.is(await bring(carry()), 0);
  t.is(await bring(carry({ index: 1 })), 1);
  t.deepEqual(taken, ['anna 0 ada', 'anna 1 ada']);
});

test('of a file that lacks messages nothing is taken that lies behind them: they would never be asked for again', async (t) => {
  const { bring } = shore();
  const later = carry({ index: 4, follows: { segment: 1, index: 3 } });
  t.is(await bring(later), 'MESSAGES_MISSING');
  t.is(await bring(carry()), 2);
  t.is(await bring(later), 'MESSAGES_MISSING');
  t.is(await bring(carry({ index: 2, follows: { segment: 1, index: 1 } })), 2);
  t.is(await bring(later), 2);
});

test('a stream that was given up is not begun anew by an old file, and another stream is begun by a younger one', async (t) => {
  const { bring } = shore();
  t.is(await bring(carry({ stream: other })), 2);
  t.is(await bring(carry({ atMs: now - day })), 'MESSAGES_OLD');
  t.is(await bring(carry({ atMs: now + 300 * day })), 'MESSAGES_OLD');
  t.is(await bring(carry({ atMs: now + 1 })), 2);
});

test('of two files that come ashore together the younger one begins its stream anew, though the older one was taken just before', async (t) => {
  const { bring } = shore();
  const [older, younger] = [carry({ atMs: now - 5 * day }), carry({ stream: other, atMs: now - 3 * day })];
  t.is(await bring(older), 2);
  t.is(await bring(younger), 2);
  t.is(await bring(older), 'MESSAGES_OLD');
  t.is(await bring(younger), 0);
});

test('what nobody signed, no device of git signed, or is no batch is refused, and what the shore can not take stays', async (t) => {
  const forged = { ...carry(), device: 'berta' };
  t.is(await shore().bring(forged), 'RECEIPT_FORGED');
  const stranger = signMessages(
    { device: 'anna', at: new Date(now).toISOString(), packed: Uint8Array.of(0) },
    drawKey(new SimRandom(2)).pem,
  );
  t.is(await shore().bring(stranger), 'KEY_UNKNOWN');
  t.is(await shore().bring(carry({ packed: Uint8Array.of(0, 1) })), 'BATCH_MALFORMED');
  t.is(await shore({ refuse: true }).bring(carry()), 'NO_OUTLET');
  t.is(await shore({ busy: true }).bring(carry()), 'CHANNEL_BUSY');
});
