import {
  type DirectoryEntry,
  type DirectoryHandle,
  FileError,
  type FileHandle,
  type NodeStat,
  type NodeTimes,
} from '../../../platform/file-handles.ts';
import { parsePath } from './guest-path.ts';
import { OpenFile } from './open-file.ts';
import type { OpenStream, StreamEntries } from './open-stream.ts';
import type { OpenNode, Quota } from './quota.ts';
import { type Place, resolve } from './resolve.ts';

/** How a path is opened. */
export interface OpenOptions {
  /** Follow a link at the end of the path. */
  readonly follow: boolean;
  readonly create: boolean;
  /** Fail when it exists. */
  readonly exclusive: boolean;
  /** Fail when it is no directory. */
  readonly directory: boolean;
  readonly truncate: boolean;
  readonly read: boolean;
  readonly write: boolean;
}

/** A directory that a guest was given. */
export interface Grant {
  readonly isWritable: boolean;
  readonly quota: Quota;
  /** Entries that open as streams; they can be opened for writing in a directory that is not. */
  readonly streams?: StreamEntries;
}

/** How often an open is tried anew because somebody made or removed the file in between. */
const racesMax = 8;

/**
 * An open directory of a grant, with the methods of WASI 0.2's descriptors: all that a guest can do with files starts at
 * one of these. Every path is resolved from here and leads nowhere else.
 */
export class OpenDirectory {
  readonly #grant: Grant;
  readonly #handle: DirectoryHandle;
  readonly #node: OpenNode;
  #isClosed = false;

  /** Takes over the handle. */
  constructor(handle: DirectoryHandle, grant: Grant) {
    this.#handle = handle;
    this.#grant = grant;
    this.#node = grant.quota.opened(handle.stat());
  }

  get isWritable(): boolean {
    return this.#grant.isWritable;
  }

  stat(): NodeStat {
    return this.#handle.stat();
  }

  /** The entries, without `.` and `..`, as they are asked for. */
  entries(): Generator<DirectoryEntry, void, void> {
    return this.#handle.entries();
  }

  setTimes(times: NodeTimes): void {
    this.#assertWritable();
    this.#handle.setTimes(times);
  }

  sync(): void | Promise<void> {
    return this.#handle.sync();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#grant.quota.closed(this.#node, () => 0);
    } finally {
      this.#handle.close();
    }
  }

  /** Whether entries of it open as streams. */
  get hasStreams(): boolean {
    return this.#grant.streams !== undefined;
  }

  openAt(path: string, options: OpenOptions): OpenFile | OpenDirectory | OpenStream {
    const stream = this.#grant.streams && this.#openStream(path, options, this.#grant.streams);
    if (stream !== undefined) return stream;
    if (options.create || options.truncate || options.write) this.#assertWritable();
    this.#grant.quota.assertMayOpen();
    using place = this.#find(path, options.follow);
    const { directory, name } = place;
    if (name === undefined) return this.#openSelf(directory, options);
    const kind = directory.statOf(name)?.kind;
    if (kind === 'directory') return this.#openBelow(directory, name, options);
    if (options.directory || place.namesDirectory) {
      throw new FileError(kind === undefined ? 'no-entry' : 'not-directory', `${name} is no directory`);
    }
    return this.#openFile(directory, name, options, kind !== undefined);
  }

  #openStream(path: string, options: OpenOptions, streams: StreamEntries): OpenStream | undefined {
    const { parts, isAbsolute, namesDirectory } = parsePath(path);
    const [name, ...rest] = parts.filter((part) => part !== '.');
    if (name === undefined || rest.length > 0 || isAbsolute || namesDirectory || options.directory) return undefined;
    const stream = streams.open(name);
    if (stream !== undefined && options.create && options.exclusive) throw new FileError('exist', `${name} exists`);
    return stream;
  }

  #openSelf(directory: DirectoryHandle, options: OpenOptions): OpenDirectory {
    assertOpensDirectory(options);
    return new OpenDirectory(directory.duplicate(), this.#grant);
  }

  #openBelow(directory: DirectoryHandle, name: string, options: OpenOptions): OpenDirectory {
    assertOpensDirectory(options);
    return new OpenDirectory(directory.openDirectory(name), this.#grant);
  }

  #openFile(directory: DirectoryHandle, name: string, options: OpenOptions, exists: boolean): OpenFile {
    const file = new OpenFile(this.#fileHandle(directory, name, options, exists), this.#grant.quota);
    if (!options.truncate) return file;
    try {
      file.resize(0);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** `seen` says whether the file existed when it was looked at. */
  #fileHandle(directory: DirectoryHandle, name: string, options: OpenOptions, seen: boolean): FileHandle {
    const access = { read: options.read, write: options.write || options.truncate };
    for (let race = 0; race < racesMax; race++) {
      const exists = race === 0 ? seen : directory.statOf(name) !== undefined;
      if (exists && options.create && options.exclusive) throw new FileError('exist', `${name} exists`);
      try {
        if (exists || !options.create) return directory.openFile(name, access);
        return this.#withEntry(() => directory.createFile(name, access));
      } catch (error) {
        const isRace = error instanceof FileError && error.code === (exists ? 'no-entry' : 'exist');
        if (!options.create || options.exclusive || !isRace) throw error;
      }
    }
    throw new FileError('busy', `${name} is made and removed by others all the time`);
  }

  statAt(path: string, follow: boolean): NodeStat {
    using place = this.#find(path, follow);
    return this.#existing(place);
  }

  setTimesAt(path: string, follow: boolean, times: NodeTimes): void {
    this.#assertWritable();
    using place = this.#find(path, follow);
    this.#existing(place);
    if (place.name === undefined) place.directory.setTimes(times);
    else place.directory.setTimesOf(place.name, times);
  }

  readLinkAt(path: string): string {
    using place = this.#entryAt(path);
    if (this.#existing(place).kind !== 'link') throw new FileError('invalid', `${path} is no link`);
    return place.directory.readLink(place.name!);
  }

  createDirectoryAt(path: string): void {
    this.#assertWritable();
    using place = this.#entryAt(path);
    const name = nameOf(place, 'exist');
    this.#withEntry(() => place.directory.createDirectory(name));
  }

  /** A link with a target that could only lead out is not made: other programs would follow it. */
  createLinkAt(path: string, target: string): void {
    this.#assertWritable();
    if (target.startsWith('/')) throw new FileError('not-capable', 'the target of the link is absolute');
    if (target === '') throw new FileError('no-entry', 'the target of the link is empty');
    using place = this.#entryAt(path);
    const name = this.#newName(place);
    this.#withEntry(() => place.directory.createLink(name, target));
  }

  /** Gives a file of this directory another name below `to`. */
  linkAt(path: string, to: OpenDirectory, toPath: string): void {
    this.#assertSameGrant(to);
    using place = this.#entryAt(path);
    const stat = this.#existing(place);
    if (stat.kind === 'directory') throw new FileError('not-permitted', 'a directory has one name');
    using target = to.#entryAt(toPath);
    const name = this.#newName(target);
    this.#withEntry(() => place.directory.link(place.name!, target.directory, name));
  }

  renameAt(path: string, to: OpenDirectory, toPath: string): void | Promise<void> {
    this.#assertSameGrant(to);
    using place = this.#entryAt(path);
    using target = to.#entryAt(toPath);
    const name = nameOf(place, 'busy');
    const toName = nameOf(target, 'busy');
    const moved = this.#existing(place);
    if (target.namesDirectory && moved.kind !== 'directory') throw new FileError('not-directory', `${path} is a file`);
    const replaced = target.directory.statOf(toName);
    const renaming = place.directory.rename(name, target.directory, toName);
    const isOther = replaced !== undefined && (replaced.inode !== moved.inode || replaced.device !== moved.device);
    if (isOther) this.#grant.quota.dropNode(replaced);
    this.#grant.quota.renamed(moved, target.directory.statOf(toName) ?? moved);
    return renaming;
  }

  unlinkFileAt(path: string): void | Promise<void> {
    this.#assertWritable();
    using place = this.#entryAt(path);
    const stat = this.#existing(place, 'as it is');
    if (stat.kind === 'directory') throw new FileError('is-directory', `${path} is a directory`);
    if (place.namesDirectory) throw new FileError('not-directory', `${path} is no directory`);
    const removing = place.directory.removeFile(place.name!);
    this.#grant.quota.dropNode(stat);
    return removing;
  }

  removeDirectoryAt(path: string): void {
    this.#assertWritable();
    using place = this.#entryAt(path);
    place.directory.removeDirectory(nameOf(place, 'invalid'));
    this.#grant.quota.dropEntry();
  }

  /** Where something is meant that exists, a slash behind a link follows it, as POSIX has it. */
  #find(path: string, follow: boolean): Place {
    const parsed = parsePath(path);
    return resolve(this.#handle, parsed, follow || parsed.namesDirectory);
  }

  /** Where a name is made, moved or removed, it is that name and not what it links to. */
  #entryAt(path: string): Place {
    return resolve(this.#handle, parsePath(path), false);
  }

  #existing({ directory, name, namesDirectory }: Place, slash?: 'as it is'): NodeStat {
    const stat = name === undefined ? directory.stat() : directory.statOf(name);
    if (stat === undefined) throw new FileError('no-entry', `there is no ${name}`);
    if (namesDirectory && stat.kind !== 'directory' && slash === undefined) {
      throw new FileError('not-directory', `${name} is no directory`);
    }
    return stat;
  }

  /** A name for what is no directory: it must be free, and must not end in a slash. */
  #newName(place: Place): string {
    const name = nameOf(place, 'exist');
    const taken = place.directory.statOf(name);
    if (taken !== undefined) throw new FileError('exist', `${name} exists`);
    if (place.namesDirectory) throw new FileError('no-entry', `there is no directory ${name}`);
    return name;
  }

  #withEntry<T>(make: () => T): T {
    this.#grant.quota.addEntry();
    try {
      return make();
    } catch (error) {
      this.#grant.quota.dropEntry();
      throw error;
    }
  }

  #assertWritable(): void {
    if (!this.#grant.isWritable) throw new FileError('read-only', 'the grant is read-only');
  }

  #assertSameGrant(other: OpenDirectory): void {
    this.#assertWritable();
    if (other.#grant !== this.#grant) throw new FileError('cross-device', 'the two paths are of different grants');
  }
}

function assertOpensDirectory({ create, exclusive, write, truncate }: OpenOptions): void {
  if (create && exclusive) throw new FileError('exist', 'the directory exists');
  if (write || truncate) throw new FileError('is-directory', 'a directory is not written to');
}

function nameOf({ name }: Place, fault: 'exist' | 'busy' | 'invalid'): string {
  if (name === undefined) throw new FileError(fault, 'the directory itself is meant');
  return name;
}
