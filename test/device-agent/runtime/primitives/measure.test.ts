import test from 'ava';
import { measuring } from '../../../../device-agent/runtime/primitives/measure.ts';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { OpenDirectory, type OpenOptions } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import type { OpenFile } from '../../../../device-agent/runtime/primitives/open-file.ts';
import { Quota } from '../../../../device-agent/runtime/primitives/quota.ts';
import { atOnce, everyMillisecond, inStretches } from '../../../../device-agent/runtime/primitives/stretches.ts';

const files = 300;
const create: OpenOptions = {
  ...{ follow: true, create: true, exclusive: false, directory: false, truncate: false, read: true, write: true },
};

/** A directory of files of seven bytes. */
function crowded() {
  const directory = memoryDirectory();
  const quota = new Quota({ bytesMax: 1e6, entriesMax: 1000, openMax: 4 }, { bytes: 0, entries: 0 });
  const root = new OpenDirectory(directory.duplicate(), { isWritable: true, quota });
  for (let index = 0; index < files; index++) {
    const file = root.openAt(`file-${index}`, create) as OpenFile;
    file.write(new Uint8Array(7), 0);
    file.close();
  }
  root.close();
  return directory;
}

test('a large directory is measured a millisecond at a time, with everybody else between two, and comes to the same', async (t) => {
  const directory = crowded();
  // Each look at the clock is a tenth of a millisecond later.
  let nowMs = 0;
  let pauses = 0;
  const clock = {
    monotonic: () => (nowMs += 0.1),
    sleep: async () => {
      pauses += 1;
    },
  };
  const held = await inStretches(measuring(directory), everyMillisecond(clock));
  t.deepEqual(held, atOnce(measuring(directory)));
  t.deepEqual(held, { bytes: 7 * files, entries: files });
  t.true(pauses >= files / 12, `${pauses} pauses`);
});

test('what lies deeper than is counted fills every quota: a restart lets nobody write more', (t) => {
  const directory = memoryDirectory();
  const quota = new Quota({ bytesMax: 1e6, entriesMax: 1000, openMax: 4 }, { bytes: 0, entries: 0 });
  let deepest = new OpenDirectory(directory.duplicate(), { isWritable: true, quota });
  for (let depth = 0; depth < 130; depth++) {
    const above = deepest;
    above.createDirectoryAt('d');
    deepest = above.openAt('d', { ...create, create: false, write: false, directory: true }) as OpenDirectory;
    above.close();
  }
  (deepest.openAt('file', create) as OpenFile).write(new Uint8Array(1000), 0);
  t.is(quota.used.bytes, 1000);
  const again = new Quota({ bytesMax: 1e6, entriesMax: 1000, openMax: 4 }, atOnce(measuring(directory)));
  t.throws(() => again.allowance(1), { message: /holds/ });
});
