/** A git repository in the simulated world: commits of whole trees, one branch, moods of its server. */
import { createHash } from 'node:crypto';
import type { RevisionSource } from '../../controller/following/follower-parts.ts';
import { SourceError } from '../../controller/source/source-error.ts';
import type { RevisionStatus } from '../../schemas/generated/types.ts';

/** What is said of a thread that died. */
export const threadEnded = 'the thread ended';

interface Commit {
  readonly info: RevisionStatus;
  readonly files: ReadonlyMap<string, string>;
}

export class SimRepository {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #trees = new Map<string, Commit>();
  #tip: string | undefined;
  reachable = true;
  /** The thread that reads it for the controller dies, whatever it is asked. */
  threadDies = false;

  /** Commits the files as the new tip; returns the commit's id. */
  commit(files: ReadonlyMap<string, Uint8Array>, subject: string, now: number): string {
    const ids = new Map<string, string>();
    for (const [path, bytes] of files) {
      const id = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      this.#blobs.set(id, bytes);
      ids.set(path, id);
    }
    const committedAt = new Date(now).toISOString();
    const id = createHash('sha1')
      .update(JSON.stringify([[...ids], subject, committedAt, this.#tip ?? '']))
      .digest('hex');
    this.#trees.set(id, { info: { id, subject, author: 'simulation', committedAt }, files: ids });
    this.#tip = id;
    return id;
  }

  /** The files of a commit, for someone who has a clone. */
  checkout(id: string): Map<string, Uint8Array> {
    return new Map([...this.#tree(id).files].map(([path, blob]) => [path, this.#blobs.get(blob)!]));
  }

  get tip(): string | undefined {
    return this.#tip;
  }

  /** The repository as a controller sees it. */
  open(): RevisionSource {
    return {
      location: 'simulated',
      branch: 'main',
      poll: async (_signal, { judged, inForce } = {}) => {
        if (!this.reachable) return { kind: 'unreachable', code: 'UNREACHABLE', message: 'connection refused' };
        if (this.#tip === undefined) return { kind: 'empty', message: 'the repository has no commit' };
        if (this.#tip === judged) return { kind: 'unchanged', tip: this.#tip };
        if (this.threadDies) return { kind: 'unreachable', code: 'ENGINE_ENDED', message: threadEnded };
        const history = inForce === undefined ? 'first' : 'advanced';
        return { kind: 'tip', revision: this.#tree(this.#tip).info, history };
      },
      changes: async (from, to) => {
        const before = from === undefined ? new Map<string, string>() : this.#tree(from).files;
        const after = this.#tree(to).files;
        const changed = [...after]
          .filter(([path, oid]) => before.get(path) !== oid)
          .map(([path, oid]) => ({ path, oid }));
        const gone = [...before.keys()].filter((path) => !after.has(path)).map((path) => ({ path }));
        return { files: [...changed, ...gone], odd: [] };
      },
      // No commit has more than a subject.
      trailers: async () => [],
      readBlob: async (id) => {
        if (this.threadDies) throw new SourceError('ENGINE_ENDED', threadEnded);
        const bytes = this.#blobs.get(id);
        if (bytes === undefined) throw new Error(`no blob ${id}`);
        return bytes;
      },
    };
  }

  #tree(id: string): Commit {
    const tree = this.#trees.get(id);
    if (tree === undefined) throw new Error(`no commit ${id}`);
    return tree;
  }
}
