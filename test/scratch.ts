/**
 * Where the test run keeps what its tests write: in memory where there is plenty of it. On a disk many tests mostly wait for
 * what they write to be durable. What a disk loses with the power is told by simulated ones; with a process nothing is lost on either.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runsPrograms } from './runs-programs.ts';

const memoryDirectory = '/dev/shm';
/** Short: sockets lie below it, whose paths are bounded, and what screens say of a repository is cut by its real path. */
const prefix = 'fleet-t-';

/** Several times what tests keep at once. */
const roomBytesMin = 4 * 1024 ** 3;
/** With what the tests' processes need besides. */
const memoryBytesMin = 3 * roomBytesMin;

/** Longer than any run. */
const leftAfterMs = 60 * 60 * 1000;

function hasPlenty(): boolean {
  const { bavail, bsize } = statfsSync(memoryDirectory);
  if (bavail * bsize < roomBytesMin || process.availableMemory() < memoryBytesMin) return false;
  return runsPrograms(readFileSync('/proc/mounts', 'utf8'), memoryDirectory);
}

/** What a run that was killed could not take away is memory that nobody gets back. */
function removeLeft(): void {
  for (const name of readdirSync(memoryDirectory).filter((one) => one.startsWith(prefix))) {
    const path = join(memoryDirectory, name);
    if (Date.now() - statSync(path).mtimeMs > leftAfterMs) rmSync(path, { recursive: true, force: true });
  }
}

/** A directory in memory that is gone when this process ends; undefined where the machine has none for us. */
export function scratchInMemory(): string | undefined {
  try {
    removeLeft();
    if (!hasPlenty()) return undefined;
    const scratch = mkdtempSync(join(memoryDirectory, prefix));
    // As any such directory: servers that some tests start run as users of their own.
    chmodSync(scratch, 0o1777);
    process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
    return scratch;
  } catch {
    return undefined;
  }
}
