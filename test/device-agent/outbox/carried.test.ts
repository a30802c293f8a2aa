import test from 'ava';
import { type CarriedPlace, nextCarried } from '../../../device-agent/outbox/carried.ts';
import { ChannelWriter } from '../../../device-agent/outbox/files/channel-writer.ts';
import type { OutboxTerms } from '../../../device-agent/outbox/files/outbox-port.ts';
import { OutboxChannels } from '../../../device-agent/outbox/outbox-channels.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { unpackBatch } from '../../../schemas/message-batch.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const terms: OutboxTerms = { quotaBytes: 2 ** 20, maxAgeSeconds: 86_400, drop: 'oldest' };

/** Counts what is read of it. */
class CountingDisk extends SimDisk {
  readBytes = 0;

  override open(path: string, mode: 'read' | 'write') {
    const file = super.open(path, mode);
    const read = file.read.bind(file);
    file.read = (position, length) => {
      const bytes = read(position, length);
      this.readBytes += bytes.length;
      return bytes;
    };
    return file;
  }
}

function begin() {
  const disk = new CountingDisk();
  const clock = new SimTime(Date.parse('2026-03-01T00:00:00Z')).clock({ alive: true });
  const random = new SimRandom(1);
  const own = { application: 'fleet-agent', channel: 'logbook', directory: '/logbook' };
  const channels = new OutboxChannels('/outbox', own, { disk, clock, log: { write: () => {} } });
  const put = (directory: string, count: number, quotaBytes = terms.quotaBytes): void => {
    const writer = new ChannelWriter(directory, { ...terms, quotaBytes }, { disk, clock, random });
    for (let n = 0; n < count; n++) writer.put(new TextEncoder().encode(`${directory} ${n}`));
  };
  return { channels, put, readBytes: () => disk.readBytes };
}

/** All that is carried, batch by batch; how often `between` was called is how many there were. */
function carryAll(channels: OutboxChannels, between: (count: number) => void = () => {}) {
  const texts: string[] = [];
  const follows: (number | undefined)[] = [];
  let after: CarriedPlace | undefined;
  for (let count = 1; ; count++) {
    const carried = nextCarried(channels, after);
    if (carried === undefined) return { texts, follows };
    const { messages } = unpackBatch(carried.claim.packed);
    if (messages.length !== carried.count) throw new Error(`${messages.length} are not ${carried.count}`);
    texts.push(...messages.map(({ message }) => new TextDecoder().decode(message)));
    follows.push(carried.claim.follows?.index);
    after = carried.place;
    between(count);
  }
}

test('all that waits is carried once, channel after channel, each in its order and each batch behind the one before', (t) => {
  const { channels, put } = begin();
  put('/logbook', 70);
  put('/outbox/gauge/readings', 600);
  put('/outbox/horn/calls', 1);
  channels.look();
  const { texts, follows } = carryAll(channels);
  const of = (directory: string, count: number) => Array.from({ length: count }, (_, n) => `${directory} ${n}`);
  t.deepEqual(texts, [...of('/logbook', 70), ...of('/outbox/gauge/readings', 600), ...of('/outbox/horn/calls', 1)]);
  t.deepEqual(follows, [undefined, 63, undefined, 511, undefined]);
});

test('of a channel of 40 batches each byte is read about once, however many there are behind', (t) => {
  const { channels, put, readBytes } = begin();
  put('/outbox/gauge/readings', 40 * 512, 2 ** 24);
  channels.look();
  const before = readBytes();
  t.is(carryAll(channels).texts.length, 40 * 512);
  // Pieces of 64 KiB for batches of half of that at most, and for the end of each segment.
  t.true(readBytes() - before < 45 * 65_536, `${readBytes() - before} bytes were read`);
});

test('what the shore takes meanwhile is let go, and what is behind it is carried all the same', (t) => {
  const { channels, put } = begin();
  put('/outbox/gauge/readings', 600);
  channels.look();
  const { backlog } = channels.all[0]!;
  const { stream, first } = backlog.next(1, 1)!;
  const { texts, follows } = carryAll(channels, () => backlog.taken(stream, { ...first, index: 550 }));
  t.deepEqual([texts.length, follows], [512 + 49, [undefined, 511]]);
  t.is(backlog.counts().messages, 49);
});

test('carrying lets go of nothing, and what came after the last look is not carried', (t) => {
  const { channels, put } = begin();
  put('/outbox/gauge/readings', 3);
  channels.look();
  put('/outbox/gauge/readings', 2);
  t.is(carryAll(channels).texts.length, 3);
  t.is(carryAll(channels).texts.length, 3);
  channels.look();
  t.is(carryAll(channels).texts.length, 5);
});

test('who asks for what is behind a place of another stream gets all from the first on: nothing is left out that the shore would not miss', (t) => {
  const { channels, put } = begin();
  put('/outbox/gauge/readings', 5);
  channels.look();
  const { place } = nextCarried(channels, undefined)!;
  const lie = nextCarried(channels, { ...place, stream: '0'.repeat(16), index: 2 });
  t.deepEqual([lie?.count, lie?.claim.follows], [5, undefined]);
  t.is(nextCarried(channels, { ...place, index: 2 })?.claim.follows?.index, 2);
});
