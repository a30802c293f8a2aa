/**
 * How a guest's path becomes an entry of a held directory. Directories are entered one by one through handles, links are
 * read and followed here, and `..` goes back to the handle that was held before: neither the kernel nor anybody who moves
 * things meanwhile has a say in where a path leads, and no handle is ever above the directory that was granted. A hard
 * link is no way out: whoever could make one inside has given the file.
 */
import { type DirectoryHandle, FileError } from '../../../platform/file-handles.ts';
import { type GuestPath, parsePath } from './guest-path.ts';

const linksMax = 32;
const depthMax = 128;
/** Entered on the way by one path, with those it leaves again: each costs the kernel's time, which no fuel pays. */
const enteredMax = 2 * depthMax;

/** An entry of a held directory; `name` is missing when the directory itself is meant. */
export interface Place extends Disposable {
  readonly directory: DirectoryHandle;
  readonly name: string | undefined;
  /** The path says that it is a directory. */
  readonly namesDirectory: boolean;
}

/** Where a path stands on its way. */
class Walk {
  readonly #base: DirectoryHandle;
  /** The directories entered below the base, each the parent of the next. */
  readonly #entered: DirectoryHandle[] = [];
  /** What is left of the path, the next part last. */
  readonly #left: string[] = [];
  #links = 0;
  #timesEntered = 0;
  namesDirectory = false;

  constructor(base: DirectoryHandle, path: GuestPath) {
    this.#base = base;
    this.#push(path);
  }

  get directory(): DirectoryHandle {
    return this.#entered.at(-1) ?? this.#base;
  }

  #push({ parts, isAbsolute, namesDirectory }: GuestPath): void {
    if (isAbsolute) throw new FileError('not-capable', 'the path is absolute');
    if (this.#left.length === 0) this.namesDirectory ||= namesDirectory;
    for (const part of parts.toReversed()) this.#left.push(part);
  }

  /** Takes the next part; undefined at the end. */
  next(): string | undefined {
    return this.#left.pop();
  }

  get isAtLast(): boolean {
    return this.#left.length === 0;
  }

  leave(): void {
    const left = this.#entered.pop();
    if (left === undefined) throw new FileError('not-capable', 'the path leads out of what was granted');
    left.close();
  }

  enter(name: string): void {
    if (this.#entered.length === depthMax) throw new FileError('name-too-long', `deeper than ${depthMax} directories`);
    this.#timesEntered += 1;
    if (this.#timesEntered > enteredMax) throw new FileError('loop', `by way of more than ${enteredMax} directories`);
    try {
      this.#entered.push(this.directory.openDirectory(name));
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'not-directory' || !this.followIfLink(name)) throw error;
    }
  }

  /** Puts a link's target in its place on the way; false when the entry is no link. */
  followIfLink(name: string): boolean {
    if (this.directory.statOf(name)?.kind !== 'link') return false;
    this.#links += 1;
    if (this.#links > linksMax) throw new FileError('loop', `more than ${linksMax} links`);
    this.#push(parsePath(this.directory.readLink(name)));
    return true;
  }

  end(): void {
    for (const directory of this.#entered.splice(0)) directory.close();
  }
}

function walkToEnd(walk: Walk, follow: boolean): string | undefined {
  for (let part = walk.next(); part !== undefined; part = walk.next()) {
    if (part === '.') continue;
    if (part === '..') walk.leave();
    else if (!walk.isAtLast) walk.enter(part);
    else if (!follow || !walk.followIfLink(part)) return part;
  }
  return undefined;
}

/** Finds the entry that `path` names below `base`; `follow` says whether a link at its end is followed. The entry itself need not exist. */
export function resolve(base: DirectoryHandle, path: GuestPath, follow: boolean): Place {
  const walk = new Walk(base, path);
  try {
    const name = walkToEnd(walk, follow);
    const { directory, namesDirectory } = walk;
    return { directory, name, namesDirectory, [Symbol.dispose]: () => walk.end() };
  } catch (error) {
    walk.end();
    throw error;
  }
}
