/** The calls on directories and paths, all of them within what was granted. */

import { andThen } from '../../../platform/and-then.ts';
import { decodeText } from '../primitives/guest-path.ts';
import { OpenDirectory, type OpenOptions } from '../primitives/open-directory.ts';
import { OpenFile } from '../primitives/open-file.ts';
import type { OpenStream } from '../primitives/open-stream.ts';
import { until } from '../primitives/waiting.ts';
import { type Descriptor, descriptorOf } from './descriptors.ts';
import { CallFailure, errno } from './errno.ts';
import { checkedFlags, descriptorFlag, follows, openFlag, timesOf } from './flags.ts';
import { type Answer, type Call, type Context, done, type Guest } from './guest.ts';
import { directoryRecord, writeNodeStat } from './layout.ts';
import { Listing } from './listing.ts';
import { clockNanoseconds } from './program-calls.ts';
import {
  demandedRights,
  directoryRights,
  fileRights,
  type Rights,
  right,
  streamRights,
  writersRights,
} from './rights.ts';

const encoder = new TextEncoder();

/** The directory behind a descriptor that has these rights. */
function directoryWith(guest: Guest, number: number, rights: bigint): OpenDirectory {
  const { target } = guest.descriptors.get(number);
  if (target.kind !== 'directory') throw new CallFailure(errno.notDirectory);
  guest.descriptors.with(number, rights);
  return target.directory;
}

function pathAt(guest: Guest, pointer: number, length: number): string {
  const bytes = guest.memory.bytes(pointer, length);
  guest.move(bytes.length);
  return decodeText(bytes);
}

function preopenOf({ target }: Descriptor): Uint8Array {
  if (target.kind !== 'directory' || target.preopen === undefined) throw new CallFailure(errno.badDescriptor);
  return encoder.encode(target.preopen);
}

/** Of a writer's rights, those that a file opened for reading keeps. */
const readersRights = fileRights & (~writersRights | right.setTimes | right.sync | right.dataSync);

/** What is opened gets the rights that were asked for, as far as the directory hands them on and the node can have them. */
function openedDescriptor(
  opened: OpenFile | OpenDirectory | OpenStream,
  { base, inheriting }: Rights,
  flags: number,
): Descriptor {
  if (opened instanceof OpenDirectory) {
    return descriptorOf({ kind: 'directory', directory: opened }, { base: base & directoryRights, inheriting }, flags);
  }
  if (!(opened instanceof OpenFile)) return descriptorOf(opened, streamRights[opened.kind], flags);
  const possible = base & right.write ? fileRights : readersRights;
  return descriptorOf({ kind: 'file', file: opened }, { base: base & possible, inheriting }, flags);
}

/** What a directory must permit for these flags. */
function rightsToOpen(flags: number): bigint {
  const toCreate = flags & openFlag.create ? right.createFile : 0n;
  return right.open | toCreate | (flags & openFlag.truncate ? right.setSizePath : 0n);
}

function openOptions(flags: number, follow: boolean, base: bigint): OpenOptions {
  return {
    follow,
    create: (flags & openFlag.create) !== 0,
    exclusive: (flags & openFlag.exclusive) !== 0,
    directory: (flags & openFlag.directory) !== 0,
    truncate: (flags & openFlag.truncate) !== 0,
    read: (base & right.read) !== 0n,
    write: (base & right.write) !== 0n,
  };
}

function pathOpen(
  { guest }: Context,
  number: number,
  lookup: number,
  path: number,
  length: number,
  flags: number,
  base: bigint,
  inheriting: bigint,
  descriptorFlags: number,
  openedPointer: number,
): Answer {
  guest.memory.bytes(openedPointer, 4);
  guest.descriptors.assertRoom();
  checkedFlags(flags, openFlag);
  checkedFlags(descriptorFlags, descriptorFlag);
  const directory = directoryWith(guest, number, rightsToOpen(flags));
  const inherited = guest.descriptors.get(number).rights.inheriting;
  if (base & demandedRights & ~inherited) return errno.notCapable;
  const rights = { base: BigInt.asUintN(64, base) & inherited, inheriting: BigInt.asUintN(64, inheriting) & inherited };
  const options = openOptions(flags, follows(lookup), rights.base);
  const opened = openedDescriptor(directory.openAt(pathAt(guest, path, length), options), rights, descriptorFlags);
  return void guest.memory.setU32(openedPointer, guest.descriptors.add(opened));
}

/** Entries that are gone through before others may have their turn. */
const entriesInTurn = 64;

/** Writes records from an entry on until the target is full, the last one cut; gives the bytes used. */
function writeRecords(guest: Guest, target: Uint8Array, listing: Listing, from: number): number | Promise<number> {
  let cookie = from;
  let used = 0;
  const writeSome = (): number | undefined => {
    for (let left = entriesInTurn; left > 0 && used < target.length; left--) {
      const entry = listing.seek(cookie);
      if (entry === 'end') return used;
      if (entry === undefined) continue;
      cookie += 1;
      const record = directoryRecord(cookie, entry.name, entry.inode, entry.kind);
      const part = record.subarray(0, target.length - used);
      target.set(part, used);
      used += part.length;
    }
    return used === target.length ? used : undefined;
  };
  return until(writeSome, () => guest.world.giveWay?.());
}

function fdReadDirectory(
  { guest }: Context,
  number: number,
  pointer: number,
  length: number,
  cookie: bigint,
  usedPointer: number,
): Answer {
  const directory = directoryWith(guest, number, right.readDirectory);
  const target = guest.memory.bytes(pointer, length);
  guest.memory.bytes(usedPointer, 4);
  const descriptor = guest.descriptors.get(number);
  if (cookie === 0n) descriptor.listing?.close();
  if (cookie === 0n || descriptor.listing === undefined) descriptor.listing = new Listing(directory);
  const written = writeRecords(guest, target, descriptor.listing, Number(BigInt.asUintN(64, cookie)));
  return andThen(written, (used) => guest.tellMoved(usedPointer, used));
}

function pathStat(
  { guest, dialect }: Context,
  number: number,
  lookup: number,
  path: number,
  length: number,
  pointer: number,
): Answer {
  const directory = directoryWith(guest, number, right.statPath);
  const stat = directory.statAt(pathAt(guest, path, length), follows(lookup));
  return void writeNodeStat(guest.memory.view(pointer, dialect.statBytes), dialect, stat);
}

function pathSetTimes(
  { guest }: Context,
  number: number,
  lookup: number,
  path: number,
  length: number,
  accessed: bigint,
  modified: bigint,
  flags: number,
): Answer {
  const directory = directoryWith(guest, number, right.setTimesPath);
  const times = timesOf(flags, accessed, modified, clockNanoseconds(guest.world, 0));
  return void directory.setTimesAt(pathAt(guest, path, length), follows(lookup), times);
}

function pathReadLink(
  { guest }: Context,
  number: number,
  path: number,
  length: number,
  pointer: number,
  room: number,
  usedPointer: number,
): Answer {
  const directory = directoryWith(guest, number, right.readLink);
  const target = encoder.encode(directory.readLinkAt(pathAt(guest, path, length)));
  const part = target.subarray(0, room >>> 0);
  guest.memory.bytes(pointer, part.length).set(part);
  return guest.tellMoved(usedPointer, part.length);
}

function pathLink(
  { guest }: Context,
  from: number,
  lookup: number,
  path: number,
  length: number,
  to: number,
  toPath: number,
  toLength: number,
): Answer {
  const source = directoryWith(guest, from, right.linkSource);
  const target = directoryWith(guest, to, right.linkTarget);
  // A link to what a link leads to cannot be made without a race.
  if (follows(lookup)) return errno.invalid;
  return void source.linkAt(pathAt(guest, path, length), target, pathAt(guest, toPath, toLength));
}

function pathRename(
  { guest }: Context,
  from: number,
  path: number,
  length: number,
  to: number,
  toPath: number,
  toLength: number,
): Answer {
  const source = directoryWith(guest, from, right.renameSource);
  const target = directoryWith(guest, to, right.renameTarget);
  return done(source.renameAt(pathAt(guest, path, length), target, pathAt(guest, toPath, toLength)));
}

/** The calls by their names. */
export const pathCalls = {
  fd_prestat_get: ({ guest }: Context, number: number, pointer: number): Answer => {
    const { length } = preopenOf(guest.descriptors.get(number));
    const view = guest.memory.view(pointer, 8);
    view.setUint32(0, 0, true);
    view.setUint32(4, length, true);
    return undefined;
  },
  fd_prestat_dir_name: ({ guest }: Context, number: number, pointer: number, length: number): Answer => {
    const name = preopenOf(guest.descriptors.get(number));
    if (length >>> 0 < name.length) return errno.nameTooLong;
    guest.move(name.length);
    return void guest.memory.bytes(pointer, name.length).set(name);
  },
  fd_readdir: fdReadDirectory,
  path_open: pathOpen,
  path_filestat_get: pathStat,
  path_filestat_set_times: pathSetTimes,
  path_readlink: pathReadLink,
  path_link: pathLink,
  path_rename: pathRename,
  path_symlink: (
    { guest }: Context,
    from: number,
    fromLength: number,
    number: number,
    path: number,
    length: number,
  ): Answer => {
    const directory = directoryWith(guest, number, right.symlink);
    return void directory.createLinkAt(pathAt(guest, path, length), pathAt(guest, from, fromLength));
  },
  path_create_directory: ({ guest }: Context, number: number, path: number, length: number): Answer =>
    void directoryWith(guest, number, right.createDirectory).createDirectoryAt(pathAt(guest, path, length)),
  path_remove_directory: ({ guest }: Context, number: number, path: number, length: number): Answer =>
    void directoryWith(guest, number, right.removeDirectory).removeDirectoryAt(pathAt(guest, path, length)),
  path_unlink_file: ({ guest }: Context, number: number, path: number, length: number): Answer =>
    done(directoryWith(guest, number, right.unlinkFile).unlinkFileAt(pathAt(guest, path, length))),
} satisfies Readonly<Record<string, Call>>;
