import test from 'ava';
import { ChannelBacklog } from '../../../device-agent/outbox/channel-backlog.ts';
import { ChannelWriter } from '../../../device-agent/outbox/files/channel-writer.ts';
import type { OutboxTerms } from '../../../device-agent/outbox/files/outbox-port.ts';
import type { Clock } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { keepAll, loseAll } from '../../sim/disk-crash.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const directory = '/outbox/gauge/readings';
const dayMs = 24 * 3_600_000;
const day: OutboxTerms = { quotaBytes: 65_536, maxAgeSeconds: 86_400, drop: 'oldest' };

function begin(terms: OutboxTerms = day) {
  const disk = new SimDisk();
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const skew = { ms: 0 };
  const clock: Clock = time.clock({ alive: true }, () => skew.ms);
  const random = new SimRandom(1);
  const open = (): ChannelWriter => new ChannelWriter(directory, terms, { disk, clock, random });
  const backlog = (): ChannelBacklog => new ChannelBacklog(directory, disk, clock);
  const pass = (ms: number): Promise<void> => time.runUntil(time.now + ms);
  return { disk, skew, clock, open, backlog, pass };
}

function firstSegment(disk: SimDisk): string {
  return `${directory}/${disk.list(directory).find((name) => name.endsWith('.seg'))}`;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Takes everything that waits, as a shore does that has it all. */
function drain(backlog: ChannelBacklog): string[] {
  const texts: string[] = [];
  for (;;) {
    const batch = backlog.next(1_000, 10);
    if (batch === undefined) return texts;
    for (const { message } of batch.messages) texts.push(new TextDecoder().decode(message));
    const { segment, index } = batch.first;
    backlog.taken(batch.stream, { segment, index: index + batch.messages.length - 1 });
  }
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `message ${from + at}`);

test('what was put comes out in order, once, over restarts of writer and supervisor', (t) => {
  const { open, backlog } = begin();
  const writer = open();
  for (const text of numbered(1, 20)) t.is(writer.put(bytes(text)), 'taken');
  const first = backlog();
  first.look();
  t.deepEqual(drain(first), numbered(1, 20));
  writer.put(bytes('message 21'));
  const other = open();
  for (const text of numbered(22, 30)) other.put(bytes(text));
  const second = backlog();
  second.look();
  t.is(second.counts().messages, 10);
  t.deepEqual(drain(second), numbered(21, 30));
  t.is(second.counts().messages, 0);
  t.is(second.counts().bytes, 0);
});

test('the newest segment stays when the shore has it all: its number does not come again', (t) => {
  const { disk, open, backlog } = begin();
  const writer = open();
  writer.put(bytes('one'));
  const seen = backlog();
  seen.look();
  t.deepEqual(drain(seen), ['one']);
  seen.look();
  t.is(disk.list(directory).filter((name) => /^\d/.test(name)).length, 1);
});

test('what was not synchronised is not sent', (t) => {
  const { open, backlog } = begin();
  const seen = backlog();
  seen.look();
  open().put(bytes('fresh'));
  t.is(seen.next(1_000, 10), undefined);
  seen.look();
  t.is(seen.next(1_000, 10)?.messages.length, 1);
});

test('a full channel drops its oldest messages and counts those that the shore does not have', async (t) => {
  const { open, backlog, disk, pass } = begin();
  const writer = open();
  const seen = backlog();
  for (let number = 1; number <= 80; number += 1) {
    await pass(60_000);
    t.is(writer.put(bytes(`${number} ${'x'.repeat(1_000)}`)), 'taken');
    t.true(disk.usedBytes() <= day.quotaBytes + 1_000, `${disk.usedBytes()} bytes after ${number}`);
  }
  seen.look();
  const { dropped } = seen.counts();
  const kept = drain(seen).map((text) => Number.parseInt(text, 10));
  t.true(dropped > 0);
  t.is(kept.length + dropped, 80);
  t.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, at) => dropped + 1 + at),
  );
});

test('a full channel that drops the newest refuses what comes, counts it, and takes again once there is room', async (t) => {
  const { open, backlog, pass } = begin({ ...day, drop: 'newest' });
  const writer = open();
  const answers = numbered(1, 100).map((text) => writer.put(bytes(`${text} ${'x'.repeat(1_000)}`)));
  const taken = answers.filter((answer) => answer === 'taken').length;
  t.true(taken > 40 && taken < 64);
  const seen = backlog();
  seen.look();
  t.is(seen.counts().dropped, 100 - taken);
  t.is(drain(seen).length, taken);
  seen.look();
  await pass(3_600_000);
  t.is(writer.put(bytes('after')), 'taken');
});

test('what the shore has is not counted as dropped when room is made', (t) => {
  const { open, backlog } = begin();
  const writer = open();
  for (const text of numbered(1, 20)) writer.put(bytes(`${text} ${'x'.repeat(1_000)}`));
  const seen = backlog();
  seen.look();
  t.is(drain(seen).length, 20);
  for (const text of numbered(21, 55)) writer.put(bytes(`${text} ${'x'.repeat(1_000)}`));
  seen.look();
  t.is(seen.counts().dropped, 0);
  t.is(drain(seen).length, 35);
});

test('a channel writes no more to flash than its budget, however it is flooded', async (t) => {
  const { open, pass } = begin();
  const writer = open();
  let taken = 0;
  for (let hour = 0; hour < 3; hour += 1) {
    for (let n = 0; n < 600; n += 1) if (writer.put(new Uint8Array(10_000)) === 'taken') taken += 1;
    await pass(60_000);
  }
  // A quota at once, and a minute's share of 4 MiB an hour twice.
  t.true(taken >= 18 && taken <= 20, `${taken}`);
});

test('a message that is too long for its channel is refused and counted', (t) => {
  const { open, backlog } = begin();
  const writer = open();
  t.is(writer.put(new Uint8Array(16_385)), 'full');
  t.is(writer.put(new Uint8Array(16_000)), 'taken');
  const seen = backlog();
  seen.look();
  t.is(seen.counts().dropped, 1);
});

test('what is too old is dropped and counted; a clock that jumps ahead makes nothing old', async (t) => {
  const { open, backlog, pass, skew } = begin();
  const writer = open();
  const seen = backlog();
  writer.put(bytes('one'));
  seen.look();
  skew.ms = 1_000 * dayMs;
  seen.look();
  t.is(seen.counts().messages, 1);
  writer.put(bytes('two'));
  skew.ms = 0;
  seen.look();
  t.is(seen.counts().messages, 2);
  await pass(dayMs / 2);
  writer.put(bytes('three'));
  seen.look();
  await pass(dayMs / 2 + 1);
  seen.look();
  t.deepEqual(drain(seen), ['three']);
  t.is(seen.counts().dropped, 2);
});

test('what was written before a clock was set, or after now, is as old as it was seen to be', async (t) => {
  const { open, backlog, pass, skew } = begin();
  skew.ms = -50 * 365 * dayMs;
  open().put(bytes('in 1976'));
  skew.ms = 365 * dayMs;
  open().put(bytes('next year'));
  skew.ms = 0;
  const seen = backlog();
  seen.look();
  t.is(seen.counts().messages, 2);
  await pass(dayMs + 1);
  seen.look();
  t.is(seen.counts().messages, 0);
  t.is(seen.counts().dropped, 2);
});

test('a device that was off for longer than the age limit drops what it then had', async (t) => {
  const { open, backlog, pass, disk } = begin();
  open().put(bytes('old'));
  backlog().look();
  disk.crash(loseAll);
  disk.restart();
  await pass(2 * dayMs);
  const seen = backlog();
  seen.look();
  t.deepEqual(seen.counts(), { messages: 0, bytes: 0, oldestAgeMs: undefined, dropped: 1 });
});

test('a torn end of a segment is nothing, and the next process writes behind it in a segment of its own', (t) => {
  const { open, backlog, disk } = begin();
  open().put(bytes('whole'));
  const path = firstSegment(disk);
  using file = disk.open(path, 'write');
  file.write(file.size(), Uint8Array.of(5, 0, 0, 0, 1, 2, 3));
  open().put(bytes('next'));
  const seen = backlog();
  seen.look();
  t.deepEqual(drain(seen), ['whole', 'next']);
});

test('a disk that was put back to an older state writes under no number that was used since, and a clock that is set back under none that was used before', async (t) => {
  const { open, backlog, disk, skew, pass } = begin();
  open().put(bytes('before'));
  const image = disk.copyAfterCrash(keepAll);
  await pass(60_000);
  const numbers = (of: SimDisk) => of.list(directory).flatMap((name) => /^0*(\d+)\.seg$/.exec(name)?.[1] ?? []);
  open().put(bytes('lost'));
  const [, used] = numbers(disk);
  await pass(1_000);
  const { clock } = begin();
  const random = new SimRandom(2);
  const later: Clock = { ...clock, now: () => clock.now() + 62_000 };
  new ChannelWriter(directory, day, { disk: image, clock: later, random }).put(bytes('after'));
  t.true(Number(numbers(image)[1]) > Number(used));
  skew.ms = -dayMs;
  open().put(bytes('set back'));
  const seen = backlog();
  seen.look();
  t.deepEqual(drain(seen), ['before', 'lost', 'set back']);
});

test('a segment that can not be read any more holds up nothing', (t) => {
  const { open, backlog, disk } = begin();
  open().put(bytes('lost'));
  open().put(bytes('found'));
  const seen = backlog();
  seen.look();
  disk.spoil(firstSegment(disk));
  t.deepEqual(drain(seen), ['found']);
  t.is(seen.counts().dropped, 1);
});

test('the shore has nothing that it was not sent, and nothing of another stream', (t) => {
  const { open, backlog } = begin();
  const writer = open();
  for (const text of numbered(1, 3)) writer.put(bytes(text));
  const seen = backlog();
  seen.look();
  const { stream, first } = seen.next(1_000, 10)!;
  const { segment } = first;
  seen.taken(stream, { segment, index: 3 });
  seen.taken(stream, { segment: segment + 1, index: 0 });
  seen.taken(new Uint8Array(8), { segment, index: 2 });
  t.is(seen.counts().messages, 3);
  seen.taken(stream, { segment, index: 1 });
  t.deepEqual(drain(seen), ['message 3']);
});

test('a full disk refuses and counts, and what it took before comes out', (t) => {
  const { open, backlog, disk } = begin();
  const writer = open();
  writer.put(bytes('before'));
  disk.leaveRoom(10);
  t.is(writer.put(bytes('no room for this')), 'full');
  disk.leaveRoom(100_000);
  t.is(writer.put(bytes('after')), 'taken');
  const seen = backlog();
  seen.look();
  t.deepEqual(drain(seen), ['before', 'after']);
  t.is(seen.counts().dropped, 1);
});

test('no number is used twice, whatever a power cut takes back after everything was taken', (t) => {
  const { open, backlog, disk } = begin();
  const said = new Map<string, string>();
  for (let life = 0; life < 5; life += 1) {
    open().put(bytes(`life ${life}`));
    const seen = backlog();
    seen.look();
    for (let batch = seen.next(1_000, 1); batch !== undefined; batch = seen.next(1_000, 1)) {
      const id = JSON.stringify(batch.first);
      const text = new TextDecoder().decode(batch.messages[0]!.message);
      t.is(said.get(id) ?? text, text);
      said.set(id, text);
      seen.taken(batch.stream, batch.first);
    }
    seen.look();
    disk.crash(life % 2 === 0 ? loseAll : keepAll);
    disk.restart();
  }
  t.is(said.size, 5);
});
