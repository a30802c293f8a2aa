import type { DirectoryHandle } from '../../../platform/file-handles.ts';
import type { Clock } from '../../../platform/ports.ts';

/**
 * What a directory holds: sizes of all files below it, each once whatever its names, and its entries. What lies deeper, or is more,
 * than is counted is taken for more than any quota: through descriptors a guest makes directories as deep as it likes.
 */
export interface Held {
  readonly bytes: number;
  readonly entries: number;
}

/** Measuring ends: so many entries are counted, in directories so deep. */
const measuredMax = 1_000_000;
const depthMax = 128;
const uncounted = Number.MAX_SAFE_INTEGER;

/** Of an application host's thread: who waits meanwhile waits this long. */
const stretchMs = 1;

/** Measures a directory and stops after every entry: whoever asks for the next one says when. */
function* measuring(directory: DirectoryHandle): Generator<void, Held, void> {
  const linked = new Set<bigint>();
  const sum = { bytes: 0, entries: 0 };
  function* add(held: DirectoryHandle, depth: number): Generator<void, void, void> {
    for (const { name, kind } of held.entries()) {
      yield;
      const stat = held.statOf(name);
      if (sum.bytes === uncounted) return;
      if (stat === undefined) continue;
      sum.entries += 1;
      if (sum.entries > measuredMax || (kind === 'directory' && depth === depthMax)) sum.bytes = uncounted;
      else if (kind === 'directory') yield* addBelow(held, name, depth + 1);
      if (stat.kind !== 'file' || linked.has(stat.inode) || sum.bytes === uncounted) continue;
      if (stat.links > 1n) linked.add(stat.inode);
      sum.bytes += stat.bytes;
    }
  }
  function* addBelow(held: DirectoryHandle, name: string, depth: number): Generator<void, void, void> {
    const below = held.openDirectory(name);
    try {
      yield* add(below, depth);
    } finally {
      below.close();
    }
  }
  yield* add(directory, 0);
  return sum;
}

/** What a directory holds already, at once. */
export function measure(directory: DirectoryHandle): Held {
  const steps = measuring(directory);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same a stretch at a time, with everybody else between two. */
export async function measureInStretches(
  directory: DirectoryHandle,
  { monotonic, sleep }: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<Held> {
  const steps = measuring(directory);
  for (let endMs = monotonic() + stretchMs; ; ) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (monotonic() < endMs) continue;
    await sleep(0);
    endMs = monotonic() + stretchMs;
  }
}
