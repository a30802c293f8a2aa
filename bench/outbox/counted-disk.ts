import type { Disk, DiskFile } from '../../platform/ports.ts';

/** What was asked of a disk. */
export interface DiskCounts {
  /** Calls that write. */
  writes: number;
  bytes: number;
  /** Blocks of 4 KiB that were written when something was made durable: what a flash has to write at least, data alone. */
  blocks: number;
  /** Times that something was made durable, files and directories. */
  syncs: number;
  /** Names that were made, moved or taken away. */
  names: number;
}

const blockBytes = 4_096;

/** A disk that counts what is written to it. */
export function countedDisk(disk: Disk): { readonly disk: Disk; readonly counts: DiskCounts } {
  const counts: DiskCounts = { writes: 0, bytes: 0, blocks: 0, syncs: 0, names: 0 };
  /** Blocks of each file that were written since it was made durable. */
  const dirty = new Map<string, Set<number>>();
  const settle = (path: string): void => {
    counts.blocks += dirty.get(path)?.size ?? 0;
    dirty.delete(path);
  };
  const wrote = (path: string, position: number, length: number): void => {
    counts.writes += 1;
    counts.bytes += length;
    const blocks = dirty.get(path) ?? new Set();
    dirty.set(path, blocks);
    for (let at = Math.floor(position / blockBytes); at * blockBytes < position + length; at += 1) blocks.add(at);
  };
  const counted = (path: string, file: DiskFile): DiskFile => ({
    read: (position, length) => file.read(position, length),
    write: (position, bytes) => {
      wrote(path, position, bytes.length);
      file.write(position, bytes);
    },
    truncate: (bytes) => file.truncate(bytes),
    size: () => file.size(),
    sync: () => {
      counts.syncs += 1;
      settle(path);
      file.sync();
    },
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  });
  const named = (): void => {
    counts.names += 1;
  };
  return {
    counts,
    disk: {
      open: (path, mode) => {
        if (mode === 'write' && disk.stat(path) === undefined) named();
        return counted(path, disk.open(path, mode));
      },
      readFile: (path) => disk.readFile(path),
      stat: (path) => disk.stat(path),
      list: (path) => disk.list(path),
      makeDirectory: (path) => disk.makeDirectory(path),
      rename: (from, to) => {
        named();
        disk.rename(from, to);
      },
      remove: (path) => {
        if (disk.stat(path) !== undefined) named();
        settle(path);
        disk.remove(path);
      },
      removeAside: (path) => disk.removeAside(path),
      syncDirectory: (path) => {
        counts.syncs += 1;
        disk.syncDirectory(path);
      },
      syncAside: (path) => disk.syncAside(path),
      freeBytes: (path) => disk.freeBytes(path),
    },
  };
}
