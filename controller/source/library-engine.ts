/** The engine that always works: isomorphic-git, in this thread. */
import { fetch, readObject, writeRef } from 'isomorphic-git';
import { BoundedHttp, type HttpBounds } from './bounded-http.ts';
import { commitLinks } from './commit.ts';
import { type FetchOrder, fetchBytesMax, type GitEngine, silenceMsMax } from './git-engine.ts';
import { NetworkHttp } from './network-http.ts';
import { Repository } from './repository.ts';
import type { SourcePorts } from './source.ts';
import { asFetchError, SourceError } from './source-error.ts';

/** A pack has its own checksum at its end. */
const packBounds: HttpBounds = { silenceMsMax, bytesMax: fetchBytesMax, endsWithFlush: false };

/** What git means by all of the history. */
const depthOfAll = 0x7f_ff_ff_ff;

export type LibraryPorts = Pick<SourcePorts, 'fs' | 'network' | 'clock'>;

async function fetchBranch({ fs, network, clock }: LibraryPorts, order: FetchOrder, signal: AbortSignal) {
  const { gitDirectory, url, branch, history, authorization } = order;
  const git = { fs, dir: gitDirectory, gitdir: gitDirectory };
  const ref = `refs/heads/${branch}`;
  const what = { remote: 'origin', ref: branch, remoteRef: ref, singleBranch: true, tags: false, cache: {} };
  const depth = history === 'new' ? {} : { depth: history === 'tip' ? 1 : depthOfAll };
  const http = new BoundedHttp(new NetworkHttp(network, url, authorization, signal), clock, packBounds, signal);
  try {
    const { fetchHead } = await fetch({ ...git, ...what, ...depth, http, url });
    http.throwIfBroken();
    if (fetchHead === null) throw new SourceError('BAD_ANSWER', `${url} sent no commit`);
    // The next fetch negotiates from the local branch, which fetch itself never moves.
    await writeRef({ ...git, ref, value: fetchHead, force: true });
    return fetchHead;
  } catch (error) {
    throw asFetchError(error, url);
  }
}

/** Reads nothing of a commit but its parents: others of its headers may be malformed, and git does not mind. */
async function isAncestor({ fs }: LibraryPorts, gitDirectory: string, ancestor: string, descendant: string) {
  const cache = {};
  const queue = [descendant];
  const seen = new Set(queue);
  for (const next of queue) {
    if (next === ancestor) return true;
    const found = await readObject({ fs, dir: gitDirectory, gitdir: gitDirectory, oid: next, cache, format: 'content' })
      // The past may be cut off, as in a shallow copy.
      .catch(() => undefined);
    if (found === undefined) continue;
    for (const parent of commitLinks(next, found.object as Uint8Array).parents) {
      if (!seen.has(parent)) queue.push(parent);
      seen.add(parent);
    }
  }
  return false;
}

async function readBlobs({ fs }: LibraryPorts, gitDirectory: string, oids: readonly string[]): Promise<Uint8Array[]> {
  const repository = new Repository(fs, gitDirectory);
  const contents: Uint8Array[] = [];
  for (const oid of oids) contents.push(await repository.readObject(oid, 'blob'));
  return contents;
}

/** isomorphic-git in this thread: it holds the thread for long where there is much to do. */
export function libraryEngine(ports: LibraryPorts): GitEngine {
  return {
    fetchBranch: (order, signal) => fetchBranch(ports, order, signal),
    isAncestor: (directory, ancestor, descendant) => isAncestor(ports, directory, ancestor, descendant),
    readBlobs: (directory, oids) => readBlobs(ports, directory, oids),
    readObject: (directory, oid) => new Repository(ports.fs, directory).object(oid),
    listTree: (directory, tree) => new Repository(ports.fs, directory).listTree(tree),
  };
}
