/** A git repository in the simulated world: commits of whole trees, one branch, moods of its server. */
import { createHash } from 'node:crypto';
import type { RevisionSource, SourceNews } from '../../controller/reconcile/controller.ts';
import type { RevisionTree } from '../../controller/reconcile/revision-in-force.ts';

export class SimRepository {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #trees = new Map<string, RevisionTree>();
  #tip: string | undefined;
  reachable = true;

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

  get tip(): string | undefined {
    return this.#tip;
  }

  /** The repository as a controller that has just started sees it: it has not looked yet. */
  open(): RevisionSource {
    let seen: string | undefined;
    return {
      location: 'simulated',
      branch: 'main',
      poll: async (): Promise<SourceNews> => {
        if (!this.reachable) return { kind: 'unreachable', message: 'connection refused' };
        if (this.#tip === undefined) return { kind: 'empty' };
        if (this.#tip === seen) return { kind: 'unchanged' };
        seen = this.#tip;
        return { kind: 'tip', id: this.#tip };
      },
      readTree: async (id) => {
        const tree = this.#trees.get(id);
        if (tree === undefined) throw new Error(`no commit ${id}`);
        return tree;
      },
      readBlob: async (id) => {
        const bytes = this.#blobs.get(id);
        if (bytes === undefined) throw new Error(`no blob ${id}`);
        return bytes;
      },
    };
  }
}
