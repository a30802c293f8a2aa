import { randomBytes } from 'node:crypto';
import test from 'ava';
import { ApplicationLog } from '../../../device-agent/runtime/application-log.ts';
import { LineWriter } from '../../../device-agent/runtime/host/line-writer.ts';
import { appendToLog, logFileBytesMax, readLog } from '../../../device-agent/runtime/log-file.ts';
import type { RunEnd } from '../../../device-agent/runtime/run-end.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const encoder = new TextEncoder();

function openLog() {
  const time = new SimTime(0);
  const disk = new SimDisk();
  disk.makeDirectory('/logs');
  const log = new ApplicationLog({ clock: time.clock({ alive: true }), disk }, '/logs', 'app');
  const text = (): string => readLog(disk, '/logs', 'app')!;
  return { time, disk, log, text };
}

test('a chatty application fills two files at most and writes a quarter of a kilobyte a second in the long run', async (t) => {
  const { time, disk, log, text } = openLog();
  const before = disk.operations;
  for (let second = 0; second < 4_000; second++) {
    for (let line = 0; line < 20; line++) log.line('out', randomBytes(48).toString('hex'));
    await time.runUntil((second + 1) * 1_000);
  }
  const sizes = disk.list('/logs').map((name) => disk.stat(`/logs/${name}`)?.bytes ?? 0);
  t.is(sizes.length, 2);
  t.true(
    sizes.every((size) => size <= logFileBytesMax),
    `${sizes}`,
  );
  t.true(disk.operations - before < 6_000, `${disk.operations - before} operations`);
  t.regex(text(), /fleet \d+ lines were dropped/);
});

test('a line now and then is written at once, and steady lines are gathered: each write costs the flash a block', async (t) => {
  const { time, disk, log, text } = openLog();
  log.line('out', 'first');
  await time.runUntil(1_000);
  t.regex(text(), /out first\n$/);
  let writes = 0;
  let size = disk.stat('/logs/app.log')?.bytes;
  const daySeconds = 86_400;
  for (let second = 10; second <= daySeconds; second += 10) {
    log.line('out', 'a reading of some fifty characters, as a gauge has it');
    await time.runUntil(second * 1_000);
    const now = disk.stat('/logs/app.log')?.bytes;
    if (now !== size) writes += 1;
    size = now;
  }
  t.true(writes <= 60 + daySeconds / 900 + 1, `${writes} writes a day`);
});

test('lines as a gauge prints them every five seconds cost the flash less than a megabyte a day', async (t) => {
  const { time, disk, log } = openLog();
  let [size, written] = [0, 0];
  for (let second = 5; second <= 86_400; second += 5) {
    log.line('out', `truck-7: 52°${(second * 0.0037).toFixed(2)}' N 26°${(second * 0.0053).toFixed(2)}' E`);
    await time.runUntil(second * 1_000);
    const now = disk.stat('/logs/app.log')?.bytes ?? 0;
    if (now === size) continue;
    const first = now > size ? size : 0;
    for (let block = Math.floor(first / 4_096); block * 4_096 < now; block++) written += 4_096;
    size = now;
  }
  t.true(written < 1_000_000, `${written} bytes a day`);
});

test('lines of an earlier agent are read before what came since, and what a power cut tore as far as it goes', (t) => {
  const { disk, log, text } = openLog();
  {
    using file = disk.open('/logs/app.log', 'write');
    file.write(0, encoder.encode('as earlier agents wrote\n'));
  }
  appendToLog(disk, '/logs', 'app', encoder.encode('torn '.repeat(9_000)));
  const torn = disk.stat('/logs/app.log')!.bytes - 12;
  {
    using file = disk.open('/logs/app.log', 'write');
    file.truncate(torn);
  }
  log.close('it goes on');
  t.regex(text(), /^as earlier agents wrote\n(torn )+.*fleet it goes on\n$/s);
});

test('of what shrank to nothing on the disk the newest is read, and no more than memory bears', (t) => {
  const { disk, text } = openLog();
  for (let write = 0; write < 100; write++) appendToLog(disk, '/logs', 'app', Buffer.alloc(65_536, `${write % 10}`));
  appendToLog(disk, '/logs', 'app', encoder.encode('the newest\n'));
  t.true(disk.stat('/logs/app.log')!.bytes < logFileBytesMax);
  t.true(text().length <= 2_097_152 && text().length > 2_000_000, `${text().length}`);
  t.regex(text(), /the newest\n$/);
});

test('what an application printed before it ended is on disk with the reason', (t) => {
  const { log, text } = openLog();
  log.line('err', 'out of herring');
  log.note('trap: unreachable');
  t.regex(text(), /err out of herring\n.*fleet trap: unreachable\n$/s);
});

test('an application that fails all the time writes no more than one that prints all the time, and why is told', async (t) => {
  const { time, disk, log, text } = openLog();
  let [writes, bytes, size] = [0, 0, 0];
  const hourSeconds = 3_600;
  for (let tick = 1; tick <= 10 * hourSeconds; tick++) {
    log.end({ kind: 'trapped', message: 'unreachable', stack: ['gauge.read', 'main'] } as RunEnd);
    await time.runUntil(tick * 100);
    const now = disk.stat('/logs/app.log')?.bytes ?? 0;
    if (now === size) continue;
    writes += 1;
    bytes += now > size ? now - size : now;
    size = now;
  }
  t.true(bytes <= (131_072 + 2 * 8_192 + hourSeconds * 256) / 2, `${bytes} bytes an hour`);
  t.true(writes <= 60 + 4 + (hourSeconds * 256) / 16_384 + 131_072 / 16_384 + 2, `${writes} writes an hour`);
  t.regex(text(), /fleet unreachable in gauge\.read < main\n.* {3}in gauge\.read\n.* {3}in main\n/);
  t.regex(text(), /fleet \d+ lines were dropped/);
});

test('the reason of an end finds room behind what used up the log', (t) => {
  const { log, text } = openLog();
  for (let line = 0; line < 20_000; line++) log.line('out', 'x'.repeat(99));
  log.note('trap: unreachable');
  log.close('stopped');
  t.regex(text(), /fleet trap: unreachable\n/);
});

test('a line now and then is written soon, also after hours of talk', async (t) => {
  const { time, log, text } = openLog();
  const talkSeconds = 6 * 3_600;
  for (let second = 0; second < talkSeconds; second += 17) {
    log.line('out', 'x'.repeat(4_090));
    await time.runUntil(second * 1_000);
  }
  await time.runUntil((talkSeconds + 3_600) * 1_000);
  log.line('out', 'the pump stands still');
  await time.runUntil((talkSeconds + 4_600) * 1_000);
  t.regex(text(), /the pump stands still/);
});

test('a full disk costs lines and nothing else', (t) => {
  const disk = new SimDisk(100);
  disk.makeDirectory('/logs');
  const log = new ApplicationLog({ clock: new SimTime(0).clock({ alive: true }), disk }, '/logs', 'app');
  t.notThrows(() => log.note('x'.repeat(1_000)));
});

test('lines that a full disk did not take are counted in the log once it takes some', (t) => {
  const { disk, log, text } = openLog();
  log.note('one');
  disk.leaveRoom(0);
  for (const line of ['two', 'three']) log.note(line);
  log.end({ kind: 'trapped', message: 'unreachable', stack: ['pump'] });
  disk.leaveRoom(2 ** 20);
  for (const line of ['four', 'five']) log.note(line);
  const told = text().trimEnd().split('\n');
  const lost = '4 lines are lost: the disk did not take them';
  t.deepEqual(
    told.map((line) => line.replace(/^\S+ fleet /, '')),
    ['one', lost, 'four', 'five'],
  );
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
