/** The calls on descriptors that are granted: reading, seeking, looking; writing to stdout and stderr. */
import type { Descriptor, DescriptorTable } from './descriptors.ts';
import { CallFailure, type Errno, errno } from './errno.ts';
import type { GuestMemory } from './guest-memory.ts';
import { rightsOf } from './rights.ts';
import type { GuestWorld, SystemCalls } from './world.ts';

/** File types of WASI, as filestat, fdstat and dirent carry them. */
export const fileTypes = { input: 2, output: 2, directory: 3, file: 4 } as const;

/** Copies from `position` on into the vectors; gives the bytes copied. */
function scatter(bytes: Uint8Array, position: number, vectors: readonly Uint8Array[]): number {
  let at = Math.min(position, bytes.length);
  const start = at;
  for (const vector of vectors) {
    const part = bytes.subarray(at, at + vector.length);
    vector.set(part);
    at += part.length;
  }
  return at - start;
}

function fileOf(descriptor: Descriptor): Descriptor & { kind: 'file' } {
  if (descriptor.kind === 'file') return descriptor;
  throw new CallFailure(descriptor.kind === 'directory' ? errno.isDirectory : errno.illegalSeek);
}

function seekTarget(file: Descriptor & { kind: 'file' }, offset: bigint, whence: number): number {
  const bases = [0, file.position, file.file.bytes.length];
  const base = bases[whence];
  if (base === undefined) throw new CallFailure(errno.invalid);
  const target = BigInt(base) + offset;
  if (target < 0n || target > BigInt(Number.MAX_SAFE_INTEGER)) throw new CallFailure(errno.invalid);
  return Number(target);
}

export function fileCalls(world: GuestWorld, memory: GuestMemory, descriptors: DescriptorTable): SystemCalls {
  return {
    fd_write: (number: number, table: number, count: number, writtenPointer: number): Errno => {
      const descriptor = descriptors.get(number);
      if (descriptor.kind !== 'output') return errno.notCapable;
      let written = 0;
      for (const bytes of memory.vectors(table, count)) {
        world.output(descriptor.stream, bytes);
        written += bytes.length;
      }
      memory.setU32(writtenPointer, written);
      return errno.success;
    },
    fd_read: (number: number, table: number, count: number, readPointer: number): Errno => {
      const descriptor = descriptors.get(number);
      if (descriptor.kind === 'output') return errno.notCapable;
      const vectors = memory.vectors(table, count);
      let read = 0;
      if (descriptor.kind !== 'input') {
        const file = fileOf(descriptor);
        read = scatter(file.file.bytes, file.position, vectors);
        file.position += read;
      }
      memory.setU32(readPointer, read);
      return errno.success;
    },
    fd_pread: (number: number, table: number, count: number, offset: bigint, readPointer: number): Errno => {
      const { file } = fileOf(descriptors.get(number));
      const position = Number(BigInt.asUintN(64, offset));
      memory.setU32(readPointer, scatter(file.bytes, position, memory.vectors(table, count)));
      return errno.success;
    },
    fd_seek: (number: number, offset: bigint, whence: number, positionPointer: number): Errno => {
      const file = fileOf(descriptors.get(number));
      const position = seekTarget(file, offset, whence);
      memory.setU64(positionPointer, BigInt(position));
      file.position = position;
      return errno.success;
    },
    fd_tell: (number: number, positionPointer: number): Errno => {
      memory.setU64(positionPointer, BigInt(fileOf(descriptors.get(number)).position));
      return errno.success;
    },
    fd_close: (number: number): Errno => {
      descriptors.close(number);
      return errno.success;
    },
    fd_renumber: (from: number, to: number): Errno => {
      descriptors.renumber(from, to);
      return errno.success;
    },
    fd_fdstat_get: (number: number, pointer: number): Errno => {
      const descriptor = descriptors.get(number);
      const view = memory.view(pointer, 24);
      const { base, inheriting } = rightsOf(descriptor);
      view.setBigUint64(0, BigInt(fileTypes[descriptor.kind]), true);
      view.setBigUint64(8, base, true);
      view.setBigUint64(16, inheriting, true);
      return errno.success;
    },
    // Nothing here ever blocks or is appended to, so these flags change nothing; programs set them and expect no error.
    fd_fdstat_set_flags: (number: number, flags: number): Errno => {
      descriptors.get(number);
      return (flags & ~5) === 0 ? errno.success : errno.notCapable;
    },
    fd_advise: (number: number): Errno => {
      fileOf(descriptors.get(number));
      return errno.success;
    },
    fd_sync: (number: number): Errno => {
      descriptors.get(number);
      return errno.success;
    },
    fd_datasync: (number: number): Errno => {
      descriptors.get(number);
      return errno.success;
    },
  };
}
