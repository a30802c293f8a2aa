/** The calls on directories and paths, all of them within the read-only tree. */
import type { Descriptor, DescriptorTable } from './descriptors.ts';
import { CallFailure, type Errno, errno } from './errno.ts';
import { fileTypes } from './file-calls.ts';
import { resolvePath, type TreeDirectory, type TreeNode } from './file-tree.ts';
import type { GuestMemory } from './guest-memory.ts';
import { writingRights } from './rights.ts';
import type { SystemCalls } from './world.ts';

const openFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 };
const direntBytes = 24;
const encoder = new TextEncoder();

function directoryOf(descriptor: Descriptor): TreeDirectory {
  if (descriptor.kind !== 'directory') throw new CallFailure(errno.notDirectory);
  return descriptor.directory;
}

function preopenOf(descriptor: Descriptor): Uint8Array {
  if (descriptor.kind !== 'directory' || descriptor.preopen === undefined) throw new CallFailure(errno.badDescriptor);
  return encoder.encode(descriptor.preopen);
}

/** A filestat: device u64, inode u64, type u8 at 16, links u64 at 24, size u64 at 32, three times of u64. */
function writeFileStat(view: DataView, type: number, node: TreeNode | undefined): void {
  for (let at = 0; at < 64; at += 8) view.setBigUint64(at, 0n, true);
  view.setBigUint64(8, node?.inode ?? 0n, true);
  view.setUint8(16, type);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(32, BigInt(node?.kind === 'file' ? node.bytes.length : 0), true);
}

function nodeOf(descriptor: Descriptor): TreeNode | undefined {
  if (descriptor.kind === 'file') return descriptor.file;
  return descriptor.kind === 'directory' ? descriptor.directory : undefined;
}

/** A directory's entries as readdir hands them out: next cookie u64, inode u64, name length u32, type u8, name. */
function directoryEntries(directory: TreeDirectory): Uint8Array[] {
  const entries: [string, TreeNode][] = [['.', directory], ['..', directory], ...directory.entries];
  return entries.map(([name, node], index) => {
    const nameBytes = encoder.encode(name);
    const entry = new Uint8Array(direntBytes + nameBytes.length);
    const view = new DataView(entry.buffer);
    view.setBigUint64(0, BigInt(index + 1), true);
    view.setBigUint64(8, node.inode, true);
    view.setUint32(16, nameBytes.length, true);
    view.setUint8(20, fileTypes[node.kind]);
    entry.set(nameBytes, direntBytes);
    return entry;
  });
}

function openNode(directory: TreeDirectory, path: Uint8Array, flags: number, rights: bigint): Descriptor {
  const node = resolvePath(directory, path);
  if (node === undefined) throw new CallFailure(flags & openFlag.create ? errno.notCapable : errno.noEntry);
  if (flags & openFlag.create && flags & openFlag.exclusive) throw new CallFailure(errno.exists);
  if (node.kind === 'directory') return { kind: 'directory', directory: node };
  if (flags & openFlag.directory) throw new CallFailure(errno.notDirectory);
  if (flags & openFlag.truncate || rights & writingRights) throw new CallFailure(errno.notCapable);
  return { kind: 'file', file: node, position: 0 };
}

export function pathCalls(memory: GuestMemory, descriptors: DescriptorTable): SystemCalls {
  return {
    fd_prestat_get: (number: number, pointer: number): Errno => {
      const { length } = preopenOf(descriptors.get(number));
      const view = memory.view(pointer, 8);
      view.setUint32(0, 0, true);
      view.setUint32(4, length, true);
      return errno.success;
    },
    fd_prestat_dir_name: (number: number, pointer: number, length: number): Errno => {
      const name = preopenOf(descriptors.get(number));
      if (length >>> 0 < name.length) return errno.nameTooLong;
      memory.bytes(pointer, name.length).set(name);
      return errno.success;
    },
    fd_filestat_get: (number: number, pointer: number): Errno => {
      const descriptor = descriptors.get(number);
      writeFileStat(memory.view(pointer, 64), fileTypes[descriptor.kind], nodeOf(descriptor));
      return errno.success;
    },
    path_filestat_get: (number: number, _flags: number, path: number, length: number, pointer: number): Errno => {
      const node = resolvePath(directoryOf(descriptors.get(number)), memory.bytes(path, length));
      if (node === undefined) return errno.noEntry;
      writeFileStat(memory.view(pointer, 64), fileTypes[node.kind], node);
      return errno.success;
    },
    path_open: (
      number: number,
      _lookup: number,
      path: number,
      length: number,
      flags: number,
      rights: bigint,
      _inheriting: bigint,
      _descriptorFlags: number,
      openedPointer: number,
    ): Errno => {
      memory.bytes(openedPointer, 4);
      const directory = directoryOf(descriptors.get(number));
      const opened = openNode(directory, memory.bytes(path, length), flags, BigInt.asUintN(64, rights));
      memory.setU32(openedPointer, descriptors.add(opened));
      return errno.success;
    },
    path_readlink: (number: number, path: number, length: number): Errno => {
      const node = resolvePath(directoryOf(descriptors.get(number)), memory.bytes(path, length));
      return node === undefined ? errno.noEntry : errno.invalid;
    },
    fd_readdir: (number: number, pointer: number, length: number, cookie: bigint, usedPointer: number): Errno => {
      const target = memory.bytes(pointer, length);
      const entries = directoryEntries(directoryOf(descriptors.get(number)));
      const from = BigInt.asUintN(64, cookie);
      let used = 0;
      for (const entry of from < BigInt(entries.length) ? entries.slice(Number(from)) : []) {
        const part = entry.subarray(0, target.length - used);
        target.set(part, used);
        used += part.length;
      }
      memory.setU32(usedPointer, used);
      return errno.success;
    },
  };
}
