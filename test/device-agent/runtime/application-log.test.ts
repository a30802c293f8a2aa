import test from 'ava';
import fc from 'fast-check';
import { ApplicationLog, logFileBytesMax } from '../../../device-agent/runtime/application-log.ts';
import { newRingMemory, RingReader, RingWriter } from '../../../device-agent/runtime/output-ring.ts';
import { LineWriter } from '../../../device-agent/runtime/worker/line-writer.ts';
import { SimTime } from '../../sim/sim-clock.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const encoder = new TextEncoder();

test('a chatty application fills two files at most and writes a kilobyte a second in the long run', async (t) => {
  const time = new SimTime(0);
  const disk = new SimDisk();
  disk.makeDirectory('/logs');
  const memory = newRingMemory();
  const ring = new RingReader(memory);
  const log = new ApplicationLog({ clock: time.clock({ alive: true }), disk }, '/logs', 'app');
  const writer = new RingWriter(memory, () => log.notice(ring));
  const before = disk.operations;
  for (let second = 0; second < 1_000; second++) {
    for (let line = 0; line < 200; line++) writer.write(encoder.encode(`${'x'.repeat(99)}\n`));
    await time.runUntil((second + 1) * 1_000);
  }
  const sizes = disk.list('/logs').map((name) => disk.stat(`/logs/${name}`)?.bytes ?? 0);
  t.is(sizes.length, 2);
  t.true(
    sizes.every((size) => size <= logFileBytesMax),
    `${sizes}`,
  );
  t.true(disk.operations - before < 6_000, `${disk.operations - before} operations`);
  t.regex(new TextDecoder().decode(disk.readFile('/logs/app.log')), /fleet \d+ lines were dropped/);
});

test('a full disk costs lines and nothing else', (t) => {
  const disk = new SimDisk(100);
  disk.makeDirectory('/logs');
  const log = new ApplicationLog({ clock: new SimTime(0).clock({ alive: true }), disk }, '/logs', 'app');
  t.notThrows(() => log.note('x'.repeat(1_000)));
});

test('the ring gives back what was put in, in order, whole records or none', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.nat(70_000)), { maxLength: 60 }), (steps) => {
      const memory = newRingMemory();
      const reader = new RingReader(memory);
      const writer = new RingWriter(memory, () => {});
      const kept: number[] = [];
      const read: number[] = [];
      let lost = 0;
      let dropped = 0;
      let inside = 0;
      for (const [at, [bytes, take]] of steps.entries()) {
        writer.write(new Uint8Array(bytes).fill(at));
        if (bytes <= 65_536 - inside) {
          kept.push(...new Array<number>(bytes).fill(at));
          inside += bytes;
        } else lost += 1;
        const drained = reader.drain(take);
        inside -= drained.bytes.length;
        dropped += drained.dropped;
        read.push(...drained.bytes);
      }
      read.push(...reader.drain(65_536).bytes);
      return dropped === lost && Buffer.from(read).equals(Buffer.from(kept));
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('lines are cut at four kilobytes and cannot steer a terminal', (t) => {
  const lines: string[] = [];
  const writer = new LineWriter((line) => lines.push(line));
  writer.write(encoder.encode(`one\ntw`));
  writer.write(encoder.encode(`o\n\u001b[2J\r\n${'x'.repeat(5_000)}\n${'y'.repeat(4_096)}\nlast`));
  writer.finish();
  t.deepEqual(
    lines.map((line) => (line.length > 100 ? line.length : line)),
    ['one', 'two', '\ufffd[2J\ufffd', 4_096, 904, 4_096, 'last'],
  );
});
