/**
 * A bare copy of one branch of an http(s) remote.
 *
 *     mirrorDirectory/mirror.1          one generation of the copy
 *     mirrorDirectory/mirror.2.partial  the next one, while it is being cloned
 *
 * Every fetch adds a pack and nothing ever collects them; and what a power cut or a lying server left may not be readable.
 * Both are met by the same move: clone into the next generation, rename it into place, remove the one before. The highest
 * generation without `.partial` is the one that counts. A tip that can't be read in a fresh copy either is not cloned again.
 */
import { addRemote, init, listServerRefs } from 'isomorphic-git';
import { Turn } from '../../platform/turn.ts';
import { BoundedHttp, type HttpBounds } from './bounded-http.ts';
import { branchMissing, emptyRepository } from './branch.ts';
import type { Follower, Tip } from './follower.ts';
import { type FetchOrder, type GitEngine, silenceMsMax } from './git-engine.ts';
import { NetworkHttp } from './network-http.ts';
import { Repository } from './repository.ts';
import type { SourceFileSystem, SourceOptions, SourcePorts } from './source.ts';
import { asFetchError, filesRefused, SourceError } from './source-error.ts';

const packsMaxDefault = 64;
const listBounds: HttpBounds = { silenceMsMax, bytesMax: 16 * 1024 * 1024, endsWithFlush: true };
const oidPattern = /^[0-9a-f]{40}$/;
/** After this long even a tip that could not be read in a fresh copy is cloned again: the server may have been mended. */
const cloneAgainAfterMs = 6 * 3_600_000;

/** Where the branch stands on the server, and how to fetch from there. */
interface Listed {
  readonly oid: string;
  readonly origin: Pick<FetchOrder, 'url' | 'authorization'>;
}

function isListed(found: Listed | Tip): found is Listed {
  return 'origin' in found;
}

class RemoteMirror implements Follower {
  readonly location: string;
  readonly #options: SourceOptions;
  readonly #ports: SourcePorts;
  readonly #fs: SourceFileSystem;
  readonly #engine: GitEngine;
  readonly #authorization: string | undefined;
  #repository: Repository | undefined;
  #isDistrusted = false;
  /** The tip that the copy at hand was cloned for, and when. */
  #cloned: { readonly tip: string; readonly at: number } | undefined;
  #arrivedAt: string;

  constructor(options: SourceOptions, ports: SourcePorts, engine: GitEngine) {
    const url = new URL(options.url);
    const username = decodeURIComponent(url.username) || 'git';
    const password = options.token ?? (url.password === '' ? undefined : decodeURIComponent(url.password));
    this.#authorization =
      password === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    url.username = '';
    url.password = '';
    this.location = url.href.replace(/\/$/, '');
    this.#arrivedAt = this.location;
    this.#options = options;
    this.#ports = ports;
    this.#fs = ports.fs;
    this.#engine = engine;
  }

  get #branchRef(): string {
    return `refs/heads/${this.#options.branch}`;
  }

  distrust(): void {
    this.#isDistrusted = true;
  }

  async #generations(): Promise<number[]> {
    const names = await this.#fs.promises.readdir(this.#options.mirrorDirectory).catch(() => [] as string[]);
    return names
      .flatMap((name) => /^mirror\.(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((left, right) => left - right);
  }

  #path(generation: number): string {
    return `${this.#options.mirrorDirectory}/mirror.${generation}`;
  }

  #open(path: string): Repository {
    return new Repository(this.#engine, path, new Turn(this.#ports.clock));
  }

  async repository(): Promise<Repository> {
    if (this.#repository === undefined) {
      const newest = (await this.#generations()).at(-1);
      if (newest === undefined) throw new SourceError('GONE', `nothing of ${this.location} was fetched yet`);
      this.#repository = this.#open(this.#path(newest));
    }
    return this.#repository;
  }

  /** One exchange with the server by a function of isomorphic-git; throws `SourceError`. */
  async #list(prefix: string, signal: AbortSignal): Promise<{ refs: { ref: string; oid: string }[]; at: NetworkHttp }> {
    const at = new NetworkHttp(this.#ports.network, this.location, this.#authorization, signal);
    const http = new BoundedHttp(at, this.#ports.clock, listBounds, signal);
    try {
      const refs = await listServerRefs({ http, url: this.location, prefix });
      http.throwIfBroken();
      return { refs, at };
    } catch (error) {
      throw asFetchError(error, this.location);
    }
  }

  #noteArrival(arrivedAt: string): void {
    if (arrivedAt === this.#arrivedAt) return;
    this.#arrivedAt = arrivedAt;
    this.#ports.log.write('info', 'source.redirected', { location: this.location, to: arrivedAt });
  }

  async #serverTip(signal: AbortSignal): Promise<Listed | Tip> {
    const { refs, at } = await this.#list(this.#branchRef, signal);
    const tip = refs.find(({ ref }) => ref === this.#branchRef);
    if (tip === undefined) {
      const all = await this.#list('refs/heads/', signal);
      const names = all.refs.map(({ ref }) => ref.slice('refs/heads/'.length));
      return names.length === 0
        ? emptyRepository(this.location)
        : branchMissing(this.location, this.#options.branch, names);
    }
    if (!oidPattern.test(tip.oid))
      throw new SourceError('BAD_ANSWER', `${this.location} names "${tip.oid}" as a commit`);
    this.#noteArrival(at.arrivedAt);
    const { authorization } = at;
    return { oid: tip.oid, origin: { url: at.arrivedAt, ...(authorization === undefined ? {} : { authorization }) } };
  }

  /** Fetches the branch into `gitDirectory`; returns its tip. */
  async #fetch(
    gitDirectory: string,
    origin: Listed['origin'],
    history: FetchOrder['history'],
    signal: AbortSignal,
  ): Promise<string> {
    try {
      return await this.#engine.fetchBranch({ gitDirectory, ...origin, branch: this.#options.branch, history }, signal);
    } catch (error) {
      await this.#removeUnindexedPacks(gitDirectory);
      throw asFetchError(error, this.location);
    }
  }

  /** What a fetch leaves that got a pack it could not read, or was ended in the middle. */
  async #removeUnindexedPacks(gitDirectory: string): Promise<void> {
    const directory = `${gitDirectory}/objects/pack`;
    const names = await this.#fs.promises.readdir(directory).catch(() => [] as string[]);
    const isLeft = (name: string) =>
      name.startsWith('tmp_') || (name.endsWith('.pack') && !names.includes(name.replace(/pack$/, 'idx')));
    for (const name of names.filter(isLeft))
      await this.#fs.promises.rm(`${directory}/${name}`, { recursive: true, force: true });
  }

  /** A fresh copy did not help the last time; the server has to move first. */
  #refuseToLoop({ oid }: Listed): void {
    const { tip, at } = this.#cloned ?? {};
    if (!this.#isDistrusted || tip !== oid || at === undefined) return;
    if (this.#ports.clock.monotonic() - at >= cloneAgainAfterMs) return;
    const what = `commit ${oid} or what it refers to can't be read, in a fresh copy either`;
    throw new SourceError('CORRUPT', `${this.location}: ${what}; it is not copied again until the branch moves`);
  }

  /** Clones into the next generation and swaps it in. Without a commit to compare with, the tip alone is enough. */
  async #clone({ oid, origin }: Listed, isFirst: boolean, signal: AbortSignal): Promise<string> {
    const older = await this.#generations();
    const path = this.#path((older.at(-1) ?? 0) + 1);
    const partial = `${path}.partial`;
    const { promises: files } = this.#fs;
    if (this.#isDistrusted) this.#cloned = { tip: oid, at: this.#ports.clock.monotonic() };
    try {
      await files.rm(partial, { recursive: true, force: true });
      await files.mkdir(partial, { recursive: true });
      const git = { fs: this.#fs, dir: partial, gitdir: partial };
      await init({ ...git, bare: true, defaultBranch: this.#options.branch });
      await addRemote({ ...git, remote: 'origin', url: this.location });
      const tip = await this.#fetch(partial, origin, isFirst ? 'tip' : 'new', signal);
      // Every folder of the tip must be readable before the copy counts; a tip that is refused for its files is there too.
      await this.#open(partial).changes(undefined, tip).catch(filesRefused);
      await files.rename(partial, path);
      this.#repository = undefined;
      this.#isDistrusted = false;
      for (const generation of older) await files.rm(this.#path(generation), { recursive: true, force: true });
      return tip;
    } catch (error) {
      await files.rm(partial, { recursive: true, force: true }).catch(() => {});
      throw asFetchError(error, this.location);
    }
  }

  async #packs(gitDirectory: string): Promise<number> {
    const names = await this.#fs.promises.readdir(`${gitDirectory}/objects/pack`).catch(() => [] as string[]);
    return names.filter((name) => name.endsWith('.pack')).length;
  }

  /** Brings the objects of the server's tip here; returns the tip, which may have moved on since it was listed. */
  async #bring(listed: Listed, isFirst: boolean, signal: AbortSignal): Promise<string> {
    const newest = (await this.#generations()).at(-1);
    this.#refuseToLoop(listed);
    if (newest === undefined || this.#isDistrusted) return this.#clone(listed, isFirst, signal);
    const path = this.#path(newest);
    if ((await this.#packs(path)) >= (this.#options.packsMax ?? packsMaxDefault)) {
      this.#ports.log.write('info', 'source.compacted', { location: this.location });
      return this.#clone(listed, isFirst, signal);
    }
    const tip = await this.#fetch(path, listed.origin, 'new', signal);
    this.#repository = undefined;
    return tip;
  }

  async look(signal: AbortSignal, inForce: string | undefined): Promise<Tip> {
    const listed = await this.#serverTip(signal);
    if (!isListed(listed)) return listed;
    if (!this.#isDistrusted) {
      const here = await this.repository().catch(() => undefined);
      if (here !== undefined && (await here.has(listed.oid)))
        return { kind: 'at', oid: listed.oid, repository: here, deepen: () => this.#deepen(listed, signal) };
    }
    const oid = await this.#bring(listed, inForce === undefined || inForce === listed.oid, signal);
    return { kind: 'at', oid, repository: await this.repository(), deepen: () => this.#deepen(listed, signal) };
  }

  /** Fetches the history that a first copy left out; false when all of it is here. */
  async #deepen({ origin }: Listed, signal: AbortSignal): Promise<boolean> {
    const { gitDirectory } = await this.repository();
    const shallow = await this.#fs.promises.readFile(`${gitDirectory}/shallow`).catch(() => undefined);
    if (shallow === undefined || shallow.length === 0) return false;
    await this.#fetch(gitDirectory, origin, 'all', signal);
    this.#repository = undefined;
    return true;
  }
}

/** Follows a branch of an http(s) remote. */
export function openRemoteMirror(options: SourceOptions, ports: SourcePorts, engine: GitEngine): Follower {
  return new RemoteMirror(options, ports, engine);
}
