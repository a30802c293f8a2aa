import test from 'ava';
import { quotaBytes } from '../../../device-agent/logbook/limits.ts';
import { Logbook } from '../../../device-agent/logbook/logbook.ts';
import { ChannelBacklog } from '../../../device-agent/outbox/channel-backlog.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { decodeEntry } from '../../../schemas/logbook-entry.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const directory = '/logbook';
const hourMs = 3_600_000;

function begin() {
  const disk = new SimDisk();
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const clock = time.clock({ alive: true });
  const open = (boot: number): Logbook =>
    new Logbook({
      ...{ disk, clock, directory, boot, random: new SimRandom(1), nowMs: () => clock.now() },
      ...{ log: { write: () => {} }, onNoted: () => {} },
    });
  const backlog = new ChannelBacklog(directory, disk, clock);
  const entries = () => {
    backlog.look();
    const batch = backlog.next(1_000_000, 10_000);
    return (batch?.messages ?? []).map(({ at, message }) => ({ at, ...decodeEntry(message)! }));
  };
  const segments = (): number => disk.list(directory).filter((name) => name.endsWith('.seg')).length;
  const pass = (ms: number): Promise<void> => time.runUntil(time.now + ms);
  return { disk, time, open, backlog, entries, segments, pass };
}

test('entries have the number of the start, how long the agent had run, and the time that they are said to be of', async (t) => {
  const { open, entries, time, pass } = begin();
  const logbook = open(4);
  await pass(61_000);
  logbook.note('LINK_LOST', 'lost its connection', time.now - 60_000);
  t.deepEqual(entries(), [
    { at: time.now - 60_000, boot: 4, upSeconds: 61, code: 'LINK_LOST', message: 'lost its connection' },
  ]);
});

test('many lives of the agent share a segment: a logbook of starts does not take a block for each', (t) => {
  const { open, entries, segments } = begin();
  for (let boot = 1; boot <= 40; boot += 1) open(boot).note('POWER_CUT', 'went down');
  t.is(segments(), 1);
  t.deepEqual(
    entries().map(({ boot }) => boot),
    Array.from({ length: 40 }, (_, n) => n + 1),
  );
});

test('lives share a segment for three weeks: a disk that is put back to a state from before writes under no number that was used since', async (t) => {
  const { open, segments, pass } = begin();
  open(1).note('POWER_CUT', 'went down');
  await pass(20 * 24 * hourMs);
  open(2).note('POWER_CUT', 'went down');
  t.is(segments(), 1);
  await pass(4 * 24 * hourMs);
  open(3).note('POWER_CUT', 'went down');
  t.is(segments(), 2);
});

test('what a power cut tore is left as it is, and the next life begins a segment behind it', (t) => {
  const { open, entries, segments, disk, backlog } = begin();
  open(1).note('POWER_CUT', 'went down');
  const [name] = disk.list(directory);
  {
    using file = disk.open(`${directory}/${name}`, 'write');
    file.write(file.size(), new Uint8Array(9));
  }
  open(2).note('POWER_CUT', 'went down again');
  t.is(segments(), 2);
  t.is(entries()[0]!.boot, 1);
  const { stream, first } = backlog.next(1_000, 1)!;
  backlog.taken(stream, first);
  t.is(entries()[0]!.boot, 2);
});

test('of one kind so many are written down at once and in an hour; those that were too many are counted in the next', async (t) => {
  const { open, entries, pass } = begin();
  const logbook = open(1);
  for (let n = 0; n < 30; n += 1) logbook.note('HOST_DIED', 'it ended');
  logbook.note('LINK_LOST', 'lost its connection');
  t.is(entries().length, 17);
  await pass(hourMs);
  for (let n = 0; n < 5; n += 1) logbook.note('HOST_DIED', 'it ended');
  const late = entries().slice(17);
  t.deepEqual(
    late.map(({ message }) => message),
    ['it ended; 14 more like it were not written down', 'it ended'],
  );
});

test('a logbook that is full drops its oldest part, counts it, and stays within its quota', async (t) => {
  const { open, disk, backlog, entries, pass } = begin();
  const logbook = open(1);
  let written = 0;
  for (let n = 0; n < 2_500; n += 1) {
    await pass(hourMs / 2);
    logbook.note('LINK_LOST', `lost its connection for the ${n}th time`);
    written += 1;
    if (n % 50 === 0) entries();
  }
  entries();
  const { messages, dropped } = backlog.counts();
  t.true(messages > 700 && dropped > 100, `${messages} are there, ${dropped} were dropped`);
  t.is(messages + dropped, written);
  const bytes = disk.list(directory).reduce((sum, name) => sum + disk.stat(`${directory}/${name}`)!.bytes, 0);
  t.true(bytes <= quotaBytes, `${bytes}`);
});
