/** The engine that always works: isomorphic-git, in this thread. */
import { fetch, writeRef } from 'isomorphic-git';
import { Turn } from '../../platform/turn.ts';
import { BoundedHttp, type HttpBounds } from './bounded-http.ts';
import { type FetchOrder, fetchBytesMax, type GitEngine, silenceMsMax } from './git-engine.ts';
import { libraryReading } from './library-reading.ts';
import { NetworkHttp } from './network-http.ts';
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

/** isomorphic-git in this thread, see `libraryReading`. */
export function libraryEngine(ports: LibraryPorts): GitEngine {
  const reading = libraryReading(ports.fs, new Turn(ports.clock));
  return {
    fetchBranch: (order, signal) => fetchBranch(ports, order, signal),
    isAncestor: (...args) => reading.isAncestor(...args),
    readBlobs: (...args) => reading.readBlobs(...args),
    readObject: (...args) => reading.readObject(...args),
    listTree: (...args) => reading.listTree(...args),
    compareTrees: (...args) => reading.compareTrees(...args),
    entryAt: (...args) => reading.entryAt(...args),
  };
}
