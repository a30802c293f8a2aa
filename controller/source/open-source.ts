/** Opens a fleet repository, wherever it is, and follows its branch. */
import { BlobReader } from './blob-reader.ts';
import { parseCommit } from './commit.ts';
import { fleetChanges } from './fleet-files.ts';
import type { Follower, Tip } from './follower.ts';
import type { GitEngine } from './git-engine.ts';
import { judgeTip, judgeTipSignature } from './judge-tip.ts';
import { libraryEngine } from './library-engine.ts';
import { openLocalRepository } from './local-repository.ts';
import { nearbyEngine } from './nearby-engine.ts';
import { preferredEngine } from './preferred-engine.ts';
import { programEngine } from './program-engine.ts';
import { openRemoteMirror } from './remote-mirror.ts';
import type { Repository } from './repository.ts';
import { RetryPause } from './retry-pause.ts';
import type { History, KnownBranch, Source, SourceEvent, SourceOptions, SourcePorts, TreeChanges } from './source.ts';
import { filesRefused, messageOf, SourceError } from './source-error.ts';
import { threadEngine } from './thread-engine.ts';
import { trailersSince } from './trailers-since.ts';

type TipAt = Extract<Tip, { readonly kind: 'at' }>;

class GitSource implements Source {
  readonly location: string;
  readonly branch: string;
  readonly #options: SourceOptions;
  readonly #ports: SourcePorts;
  readonly #engine: GitEngine;
  readonly #follower: Follower;
  readonly #blobs: BlobReader;
  readonly #pause = new RetryPause();
  /** What a tip was found to differ in while it was judged, for who asks next; it may be the whole fleet, and is given away. */
  #compared: { readonly from: string | undefined; readonly to: string; readonly changes: TreeChanges } | undefined;
  /** The last answer that took a walk through history. */
  #placed: { readonly inForce: string; readonly tip: string; readonly history: History } | undefined;

  constructor(options: SourceOptions, ports: SourcePorts, engine: GitEngine, follower: Follower) {
    this.location = follower.location;
    this.branch = options.branch;
    this.#options = options;
    this.#ports = ports;
    this.#engine = engine;
    this.#follower = follower;
    this.#blobs = new BlobReader(engine, async () => (await follower.repository()).gitDirectory);
  }

  async poll(signal: AbortSignal, known: KnownBranch = {}): Promise<SourceEvent> {
    signal.throwIfAborted();
    const { clock } = this.#ports;
    if (known.isPushed === true) this.#pause.shorten();
    const standing = this.#pause.standing(clock.monotonic());
    if (standing !== undefined) return standing;
    const event = await this.#look(signal, known);
    this.#pause.note(event, clock.monotonic());
    return event;
  }

  async #look(signal: AbortSignal, known: KnownBranch): Promise<SourceEvent> {
    try {
      const tip = await this.#follower.look(signal, known.inForce);
      if (tip.kind !== 'at') return tip;
      return tip.oid === known.judged ? await this.#lookAgain(tip, known) : await this.#judge(tip, known, signal);
    } catch (error) {
      signal.throwIfAborted();
      const code = error instanceof SourceError ? error.code : 'UNEXPECTED';
      if (code === 'CORRUPT' || code === 'GONE') this.#follower.distrust();
      return { kind: 'unreachable', code, message: messageOf(error) };
    }
  }

  async #judge(tip: TipAt, known: KnownBranch, signal: AbortSignal): Promise<SourceEvent> {
    const { oid } = tip;
    const { judged } = known;
    const commit = parseCommit(oid, await tip.repository.readObject(oid, 'commit'));
    // The whole tree must be there before anybody relies on it.
    const from = judged !== undefined && (await tip.repository.has(judged)) ? judged : undefined;
    const changes = await fleetChanges(tip.repository, from, oid).catch(filesRefused);
    const history = await this.#place(tip, commit.parents, known, signal);
    if (changes instanceof SourceError) {
      const { code, message, subject: file = '' } = changes;
      return { kind: 'refused', revision: commit.status, history, code, message, file };
    }
    this.#compared = { from, to: oid, changes };
    return judgeTip(this.#options, await this.#follower.repository(), { commit, history }, known);
  }

  async #place(
    tip: TipAt,
    parents: readonly string[],
    { inForce, accepted }: KnownBranch,
    signal: AbortSignal,
  ): Promise<History> {
    if (inForce === undefined) return 'first';
    if (this.#placed?.tip === tip.oid && this.#placed.inForce === inForce) return this.#placed.history;
    const { gitDirectory } = tip.repository;
    const isAfter = async () =>
      (await (await this.#follower.repository()).has(inForce)) &&
      this.#engine.isAncestor(gitDirectory, inForce, tip.oid, signal);
    let isAdvance = inForce === tip.oid || parents.includes(inForce) || (await isAfter());
    // What was accepted needs no past.
    if (!isAdvance && accepted !== tip.oid && (await tip.deepen())) isAdvance = await isAfter();
    const history = isAdvance ? 'advanced' : 'rewritten';
    this.#placed = { inForce, tip: tip.oid, history };
    return history;
  }

  /** The tip that was judged before; its signer may be trusted no more, or signatures be asked for since. */
  async #lookAgain({ oid, repository }: TipAt, known: KnownBranch): Promise<SourceEvent> {
    const { allowedSigners } = this.#options;
    if (allowedSigners === undefined) return { kind: 'unchanged', tip: oid };
    const commit = parseCommit(oid, await repository.readObject(oid, 'commit'));
    const signature = await judgeTipSignature(allowedSigners, repository, commit, known);
    if (signature.kind === 'trusted') return { kind: 'unchanged', tip: oid };
    const { code, message } = signature;
    return { kind: 'refused', revision: commit.status, history: 'advanced', code, message };
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
      const { files } = await fleetChanges(repository, undefined, id);
      return { info, files: new Map(files.map(({ path, oid }) => [path, oid!])) };
    });

  readonly changes = async (from: string | undefined, to: string): Promise<TreeChanges> => {
    const compared = this.#compared;
    this.#compared = undefined;
    if (compared?.to === to && compared.from === from) return compared.changes;
    return this.#read((repository) => fleetChanges(repository, from, to));
  };

  readonly trailers = (key: string, from: string, to: string): Promise<readonly string[]> =>
    this.#read((repository) => trailersSince(repository, key, from, to));

  readonly readBlob = (oid: string): Promise<Uint8Array> => this.#read(() => this.#blobs.read(oid));
}

/** The git program where there is one, else the library; on a thread where there are threads and much to read. */
function openEngine(ports: SourcePorts): GitEngine {
  const { fs, programs, threads, log } = ports;
  const here = libraryEngine(ports);
  const library = threads === undefined ? here : nearbyEngine(fs, here, threadEngine(threads));
  return programs === undefined ? library : preferredEngine(programEngine(programs), library, log);
}

/** Opens a source; nothing is read before the first poll. Throws `SourceError` `UNSUPPORTED` for a URL it cannot follow. */
export function openSource(options: SourceOptions, ports: SourcePorts): Source {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(options.url)?.[1]?.toLowerCase();
  const isScp = scheme === undefined && /^[^/]+@[^/]+:/.test(options.url);
  const engine = openEngine(ports);
  if (scheme === 'http' || scheme === 'https')
    return new GitSource(options, ports, engine, openRemoteMirror(options, ports, engine));
  if (isScp || (scheme !== undefined && scheme !== 'file')) {
    const what = isScp ? 'ssh' : scheme;
    throw new SourceError(
      'UNSUPPORTED',
      `${options.url}: ${what} is not spoken here; use https with a token, or a local path`,
    );
  }
  const path = scheme === 'file' ? decodeURIComponent(options.url.slice('file://'.length)) : options.url;
  return new GitSource(options, ports, engine, openLocalRepository({ ...options, url: path }, ports, engine));
}
