import type { DirectoryEntry } from '../../../platform/file-handles.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';

/** So many entries are held, however many there are: a directory that is not large stays as it was when reading began. */
const heldMax = 256;

/** What lies above a directory is not the guest's to know. */
function* withSelf(directory: OpenDirectory): Generator<DirectoryEntry, void, void> {
  yield { name: '.', kind: 'directory', inode: directory.stat().inode };
  yield { name: '..', kind: 'directory', inode: 0n };
  yield* directory.entries();
}

/**
 * A directory as fd_readdir gives it: a cookie is how many entries come before one. Who goes back to one that is no longer
 * held has the directory read anew.
 */
export class Listing {
  readonly #directory: OpenDirectory;
  #entries: Generator<DirectoryEntry, void, void>;
  #held: DirectoryEntry[] = [];
  /** The cookie of the first one that is held. */
  #first = 0;

  constructor(directory: OpenDirectory) {
    this.#directory = directory;
    this.#entries = withSelf(directory);
  }

  /** The entry of a cookie, `end` behind the last one, or undefined when it came one entry nearer to it. */
  seek(cookie: number): DirectoryEntry | 'end' | undefined {
    if (cookie < this.#first) this.#beginAnew();
    const held = this.#held[cookie - this.#first];
    if (held !== undefined) return held;
    const { value, done } = this.#entries.next();
    if (done === true) return 'end';
    if (this.#held.push(value) <= heldMax) return undefined;
    this.#held.shift();
    this.#first += 1;
    return undefined;
  }

  close(): void {
    this.#entries.return();
  }

  #beginAnew(): void {
    this.close();
    this.#entries = withSelf(this.#directory);
    this.#held = [];
    this.#first = 0;
  }
}
