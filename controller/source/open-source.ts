/** Opens a fleet repository, wherever it is, and judges what its branch comes to. */
import { parseCommit } from './commit.ts';
import { judgeSignature } from './commit-signature.ts';
import type { Follower } from './follower.ts';
import { openLocalRepository } from './local-repository.ts';
import { openRemoteMirror } from './remote-mirror.ts';
import type { Repository } from './repository.ts';
import type { BlobChange, Source, SourceEvent, SourceOptions, SourcePorts } from './source.ts';
import { SourceError } from './source-error.ts';

async function describe(
  options: SourceOptions,
  repository: Repository,
  oid: string,
  judged: string | undefined,
): Promise<SourceEvent> {
  const commit = parseCommit(oid, await repository.readObject(oid, 'commit'));
  // The whole tree must be there before anybody relies on it.
  await repository.changes(judged !== undefined && (await repository.has(judged)) ? judged : undefined, oid);
  const history =
    judged === undefined ? 'first' : (await repository.isAncestor(judged, oid)) ? 'advanced' : 'rewritten';
  const revision = commit.status;
  if (options.allowedSigners === undefined) return { kind: 'tip', revision, history };
  const judgement = judgeSignature(commit, options.allowedSigners);
  if (judgement.kind === 'trusted') return { kind: 'tip', revision, history, signedBy: judgement.principal };
  return { kind: 'refused', revision, history, code: judgement.code, message: judgement.message };
}

/** The tip that was judged before; its signer may be trusted no more, or signatures be asked for since. */
async function describeUnchanged(options: SourceOptions, repository: Repository, oid: string): Promise<SourceEvent> {
  if (options.allowedSigners === undefined) return { kind: 'unchanged', tip: oid };
  const event = await describe(options, repository, oid, oid);
  repository.forgetPacks();
  return event.kind === 'refused' ? event : { kind: 'unchanged', tip: oid };
}

class GitSource implements Source {
  readonly location: string;
  readonly branch: string;
  readonly #options: SourceOptions;
  readonly #follower: Follower;

  constructor(options: SourceOptions, follower: Follower) {
    this.location = follower.location;
    this.branch = options.branch;
    this.#options = options;
    this.#follower = follower;
  }

  async poll(signal: AbortSignal, judged?: string): Promise<SourceEvent> {
    try {
      const tip = await this.#follower.look(signal, judged);
      if (tip.kind !== 'at') return tip;
      if (tip.oid === judged) return await describeUnchanged(this.#options, tip.repository, tip.oid);
      return await describe(this.#options, tip.repository, tip.oid, judged);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SourceError)) throw error;
      if (error.code === 'CORRUPT' || error.code === 'GONE') this.#follower.distrust();
      return { kind: 'unreachable', code: error.code, message: error.message };
    }
  }

  async #read<T>(use: (repository: Repository) => Promise<T>): Promise<T> {
    try {
      return await use(await this.#follower.repository());
    } catch (error) {
      if (error instanceof SourceError && error.code === 'CORRUPT') this.#follower.distrust();
      throw error;
    }
  }

  // Functions, not methods: whoever needs only one of them may pass it on.
  readonly readRevision = (id: string) =>
    this.#read(async (repository) => {
      const info = parseCommit(id, await repository.readObject(id, 'commit')).status;
      const changes = await repository.changes(undefined, id);
      return { info, files: new Map(changes.map(({ path, oid }) => [path, oid!])) };
    });

  readonly changes = (from: string | undefined, to: string): Promise<readonly BlobChange[]> =>
    this.#read((repository) => repository.changes(from, to));

  readonly readBlob = (oid: string): Promise<Uint8Array> =>
    this.#read((repository) => repository.readObject(oid, 'blob'));
}

/** Opens a source; nothing is read before the first poll. Throws `SourceError` `UNSUPPORTED` for a URL it cannot follow. */
export function openSource(options: SourceOptions, ports: SourcePorts): Source {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(options.url)?.[1]?.toLowerCase();
  const isScp = scheme === undefined && /^[^/]+@[^/]+:/.test(options.url);
  if (scheme === 'http' || scheme === 'https') {
    return new GitSource(options, openRemoteMirror(options, ports));
  }
  if (isScp || (scheme !== undefined && scheme !== 'file')) {
    const what = isScp ? 'ssh' : scheme;
    throw new SourceError(
      'UNSUPPORTED',
      `${options.url}: ${what} is not spoken here; use https with a token, or a local path`,
    );
  }
  const path = scheme === 'file' ? decodeURIComponent(options.url.slice('file://'.length)) : options.url;
  return new GitSource(options, openLocalRepository({ ...options, url: path }, ports));
}
