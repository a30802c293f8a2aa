import type { DirectoryHandle } from '../../../platform/file-handles.ts';

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

/** What a directory holds already; stops after every entry: whoever asks for the next one says when. */
export function* measuring(directory: DirectoryHandle): Generator<void, Held, void> {
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
