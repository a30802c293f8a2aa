import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory on a file system of its own, which reads ahead as a device's does. */
export interface DeviceDisk extends Disposable {
  readonly directory: string;
  /** Whether it has that; where this user may make none, it lies on the machine's own. */
  readonly isOwn: boolean;
}

const diskBytes = 512 * 2 ** 20;
/** What Linux reads ahead unless a disk asks for more, in its sectors of 512 bytes: 128 KiB. */
const readAheadSectors = 256;

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** Mounts a file as a disk; undefined where this user may not. Its pages are in no cache twice. */
function mount(image: string, directory: string): Disposable | undefined {
  let device: string | undefined;
  try {
    writeFileSync(image, '');
    truncateSync(image, diskBytes);
    run('mkfs.ext4', '-q', '-F', image);
    device = run('losetup', '--find', '--show', '--direct-io=on', image);
    run('blockdev', '--setra', String(readAheadSectors), device);
    run('mount', device, directory);
  } catch {
    if (device !== undefined) run('losetup', '--detach', device);
    return undefined;
  }
  const mounted = device;
  return {
    [Symbol.dispose]: () => {
      run('umount', directory);
      run('losetup', '--detach', mounted);
    },
  };
}

/** Makes one; gone with all that is on it when disposed. */
export function openDeviceDisk(): DeviceDisk {
  const parent = mkdtempSync(join(tmpdir(), 'fleet-disk-'));
  const directory = join(parent, 'root');
  mkdirSync(directory);
  const mounted = mount(join(parent, 'disk.img'), directory);
  return {
    ...{ directory, isOwn: mounted !== undefined },
    [Symbol.dispose]: () => {
      mounted?.[Symbol.dispose]();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
