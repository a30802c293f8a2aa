import test from 'ava';
import { MessageFiles, type MessageFilesTerms } from '../../../controller/messages/message-files.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { type Fate, keepAll, loseAll } from '../../sim/disk-crash.ts';
import { PowerCut, SimDisk } from '../../sim/sim-disk.ts';

const directory = '/messages';
const usual: MessageFilesTerms = {
  ...{ directory, fileBytes: 1_000, fileMs: 3_600_000, bytesMax: 10_000, whenFull: 'wait' },
};

function open(terms: Partial<MessageFilesTerms> = {}) {
  const disk = new SimDisk();
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const clock = time.clock({ alive: true });
  const files = new MessageFiles({ ...usual, ...terms }, disk, clock);
  return { disk, time, clock, files };
}

const line = (text: string): Uint8Array => Buffer.from(`${text}\n`);

function textsIn(disk: SimDisk): string[] {
  return disk.list(directory).map((name) => Buffer.from(disk.readFile(`${directory}/${name}`)).toString());
}

test('a file is done when it is long or old enough, and names sort by age', async (t) => {
  const { disk, time, files } = open();
  files.append(line('a'.repeat(600)));
  files.append(line('b'.repeat(300)));
  files.append(line('c'.repeat(300)));
  await time.runUntil(time.now + 3_600_000);
  files.append(line('d'));
  t.deepEqual(
    textsIn(disk).map((text) => text.replaceAll(/(\w)\1+/g, '$1')),
    ['a\nb\n', 'c\n', 'd\n'],
  );
  t.is(disk.list(directory)[2], '20260301T010000.000Z-000003.ndjson');
});

test('full files wait until somebody takes some away, or the oldest go', (t) => {
  const { disk, files } = open();
  for (let n = 0; n < 10; n += 1) files.append(line('x'.repeat(989)));
  const failure = t.throws(() => files.append(line('y'.repeat(500))), { code: 'FILES_FULL' });
  t.regex(failure.message, /have 9900 bytes, and may have 10000/);
  disk.remove(`${directory}/${disk.list(directory)[0]}`);
  t.notThrows(() => files.append(line('y'.repeat(500))));

  const dropping = open({ whenFull: 'drop-oldest' });
  for (let n = 0; n < 15; n += 1) dropping.files.append(line(`${n} ${'x'.repeat(970)}`));
  const kept = textsIn(dropping.disk).map((text) => Number.parseInt(text, 10));
  t.deepEqual(kept, [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

test('a newest file that somebody took away is not written to any more', (t) => {
  const { disk, files } = open();
  files.append(line('a'));
  disk.remove(`${directory}/${disk.list(directory)[0]}`);
  files.append(line('b'));
  t.deepEqual(textsIn(disk), ['b\n']);
});

function drawn(seed: number): Fate {
  const random = new SimRandom(seed);
  return () => random.fraction();
}

const fates: Readonly<Record<string, Fate>> = {
  ...{ lost: loseAll, kept: keepAll },
  ...Object.fromEntries(Array.from({ length: 12 }, (_, seed) => [`drawn by ${seed}`, drawn(seed)])),
};

test('after a power cut at any disk operation there are whole lines only, and all that were promised', (t) => {
  for (const [name, fate] of Object.entries(fates)) {
    for (let operations = 1; ; operations += 1) {
      const { disk, clock, files } = open();
      const promised: string[] = [];
      disk.crashAfter(operations);
      try {
        for (let n = 0; n < 6; n += 1) {
          files.append(line(`${n} ${'x'.repeat(700)}`));
          promised.push(`${n} ${'x'.repeat(700)}`);
        }
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      const isOver = promised.length === 6;
      disk.crash(fate);
      disk.restart();
      new MessageFiles(usual, disk, clock).append(line('after'));
      const lines = textsIn(disk).flatMap((text) => {
        t.true(text === '' || text.endsWith('\n'));
        return text.split('\n').slice(0, -1);
      });
      for (const text of promised) t.true(lines.includes(text), `${name}, ${operations}: ${text.slice(0, 2)} is gone`);
      t.true(lines.includes('after'));
      t.true(
        lines.every((text) => text === 'after' || /^\d x{700}$/.test(text)),
        `${name}, ${operations}: a line is torn`,
      );
      if (isOver) break;
    }
  }
});
