import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { type Disk, DiskError, type DiskErrorCode, type DiskFile } from '../ports.ts';
import { removeTree, removeTreeAside } from './remove-tree.ts';

/** Files are the owner's alone: state holds keys, and nobody else has business there. */
const fileMode = 0o600;
const directoryMode = 0o700;

const codes: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  EEXIST: 'EXISTS',
  ENOTEMPTY: 'EXISTS',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EACCES: 'NOT_PERMITTED',
  EPERM: 'NOT_PERMITTED',
  EROFS: 'NOT_PERMITTED',
  EIO: 'MEDIUM',
  // What file systems with checksums say.
  EBADMSG: 'MEDIUM',
  EUCLEAN: 'MEDIUM',
};

/** Node says `ENOENT: no such file or directory, open '/a/b'`; the path stands before it already. */
function detailOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /^E[A-Z0-9]+: (.*?)(?:, \w+(?: '.*)?)?$/s.exec(text)?.[1] ?? text;
}

function diskError(path: string, error: unknown): DiskError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new DiskError(codes[code] ?? 'IO', path, detailOf(error));
}

function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw diskError(path, error);
  }
}

class NodeDiskFile implements DiskFile {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  #use<T>(operation: (descriptor: number) => T): T {
    return attempt(this.#path, () => {
      if (this.#descriptor === undefined) throw new Error('the file is closed');
      return operation(this.#descriptor);
    });
  }

  read(position: number, length: number, room?: Uint8Array): Uint8Array {
    return this.#use((descriptor) => {
      const buffer = room?.subarray(0, length) ?? new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(descriptor, buffer, filled, length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return buffer.subarray(0, filled);
    });
  }

  write(position: number, bytes: Uint8Array): void {
    this.#use((descriptor) => {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
      }
    });
  }

  truncate(bytes: number): void {
    this.#use((descriptor) => ftruncateSync(descriptor, bytes));
  }

  size(): number {
    return this.#use((descriptor) => fstatSync(descriptor).size);
  }

  sync(): void {
    this.#use((descriptor) => fsyncSync(descriptor));
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    attempt(this.#path, () => closeSync(descriptor));
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** This machine's file system. */
export const nodeDisk: Disk = {
  open: (path, mode) =>
    attempt(path, () => {
      const flags = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
      return new NodeDiskFile(path, openSync(path, flags, fileMode));
    }),
  readFile: (path) => attempt(path, () => new Uint8Array(readFileSync(path))),
  stat: (path) =>
    attempt(path, () => {
      const own = lstatSync(path, { throwIfNoEntry: false });
      const isLink = own?.isSymbolicLink() === true;
      const stats = isLink ? statSync(path, { throwIfNoEntry: false }) : own;
      if (stats === undefined) return undefined;
      const link = isLink ? ({ isLink } as const) : {};
      if (stats.isDirectory()) return { kind: 'directory', bytes: 0, ...link };
      return { kind: stats.isFile() ? 'file' : 'other', bytes: stats.size, ...link };
    }),
  list: (path) => attempt(path, () => readdirSync(path).sort()),
  makeDirectory: (path) =>
    attempt(path, () => {
      mkdirSync(path, { recursive: true, mode: directoryMode });
    }),
  rename: (from, to) => attempt(from, () => renameSync(from, to)),
  remove: (path) => attempt(path, () => removeTree(path)),
  removeAside: async (path) => {
    try {
      await removeTreeAside(path);
    } catch (error) {
      throw diskError(path, error);
    }
  },
  syncDirectory: (path) =>
    attempt(path, () => {
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }),
  syncAside: async (path) => {
    try {
      await using handle = await open(path, constants.O_RDONLY);
      await handle.sync();
    } catch (error) {
      throw diskError(path, error);
    }
  },
  freeBytes: (path) =>
    attempt(path, () => {
      const stats = statfsSync(path);
      return stats.bavail * stats.bsize;
    }),
};
