/** Cuts the power after every single disk operation of writing a snapshot: what is read then is the old one or the new, whole. */
import test from 'ava';
import { ApplicationDirectories } from '../../device-agent/runtime/grants/application-directories.ts';
import { SnapshotFiles } from '../../device-agent/runtime/snapshot/snapshot-files.ts';
import { keepAll, loseAll, PowerCut, SimDisk } from '../sim/sim-disk.ts';

const sha256 = 'a'.repeat(64);
const [older, newer] = ['older', 'newer'].map((text) => Buffer.from(text.repeat(500)));

function openFiles(disk: SimDisk): SnapshotFiles {
  return new SnapshotFiles(disk, new ApplicationDirectories(disk, '/runtime').open('gauge', 'state'));
}

test('a power cut amid a snapshot leaves the old one or the new, and nothing else', (t) => {
  let found: string[] = [];
  for (let cut = 0; found.at(-1) !== 'through'; cut++) {
    for (const fate of [loseAll, keepAll]) {
      const disk = new SimDisk();
      openFiles(disk).write(sha256, older!);
      disk.crashAfter(cut);
      const isThrough = wasWritten(disk);
      disk.crash(fate);
      disk.restart();
      const files = openFiles(disk);
      const bytes = Buffer.from(files.read(sha256, 10_000)!);
      t.true(bytes.equals(older!) || bytes.equals(newer!), `after ${cut} operations`);
      if (isThrough) t.true(bytes.equals(newer!));
      t.deepEqual(disk.list('/runtime/applications/gauge/state'), [`${sha256}.snapshot`]);
      found = [...found, isThrough ? 'through' : bytes.subarray(0, 5).toString()];
    }
  }
  t.deepEqual(new Set(found), new Set(['older', 'newer', 'through']));
});

function wasWritten(disk: SimDisk): boolean {
  try {
    openFiles(disk).write(sha256, newer!);
    return true;
  } catch (error) {
    if (error instanceof PowerCut) return false;
    throw error;
  }
}
