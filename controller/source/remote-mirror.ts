/**
 * A bare copy of one branch of an http(s) remote.
 *
 *     mirrorDirectory/mirror.1          one generation of the copy
 *     mirrorDirectory/mirror.2.partial  the next one, while it is being cloned
 *
 * Every fetch adds a pack and nothing ever collects them; and what a power cut or a lying server left may not be readable.
 * Both are met by the same move: clone into the next generation, rename it into place, remove the one before. The highest
 * generation without `.partial` is the one that counts.
 */
import { type AuthCallback, addRemote, fetch, type HttpClient, init, listServerRefs, writeRef } from 'isomorphic-git';
import { BoundedHttp, type HttpBounds } from './bounded-http.ts';
import { branchMissing, emptyRepository } from './branch.ts';
import type { Follower, Tip } from './follower.ts';
import { Repository } from './repository.ts';
import type { SourceFileSystem, SourceOptions, SourcePorts } from './source.ts';
import { codeOf, messageOf, SourceError } from './source-error.ts';

const packsMaxDefault = 64;
const listBounds: HttpBounds = { silenceMsMax: 60_000, bytesMax: 16 * 1024 * 1024, endsWithFlush: true };
/** A pack has its own checksum at its end. */
const packBounds: HttpBounds = { silenceMsMax: 60_000, bytesMax: 1024 * 1024 * 1024, endsWithFlush: false };
const storageCodes = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'EEXIST']);
const oidPattern = /^[0-9a-f]{40}$/;

/** Codes of Node's sockets and of isomorphic-git → ours. */
function asSourceError(error: unknown, location: string): SourceError {
  if (error instanceof SourceError) return error;
  const code = codeOf(error);
  const status = (error as { readonly data?: { readonly statusCode?: number } }).data?.statusCode;
  const said = `${location}: ${messageOf(error)}`;
  if (storageCodes.has(code)) return new SourceError('STORAGE', messageOf(error), error);
  if (status === 401 || status === 403)
    return new SourceError('NOT_AUTHORIZED', `${location} refuses the token (HTTP ${status})`, error);
  if (status === 404)
    return new SourceError('NOT_FOUND', `${location} is not there (HTTP 404), or the token may not see it`, error);
  if (status !== undefined) return new SourceError('UNREACHABLE', said, error);
  if (/^E[A-Z_]+$/.test(code) || /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code))
    return new SourceError('UNREACHABLE', said, error);
  return new SourceError('BAD_ANSWER', said, error);
}

class RemoteMirror implements Follower {
  readonly location: string;
  readonly #options: SourceOptions;
  readonly #ports: SourcePorts;
  readonly #fs: SourceFileSystem;
  readonly #auth: { readonly username: string; readonly password: string } | undefined;
  #repository: Repository | undefined;
  #isDistrusted = false;

  constructor(options: SourceOptions, ports: SourcePorts) {
    const url = new URL(options.url);
    const username = decodeURIComponent(url.username) || 'git';
    const password = options.token ?? (url.password === '' ? undefined : decodeURIComponent(url.password));
    this.#auth = password === undefined ? undefined : { username, password };
    url.username = '';
    url.password = '';
    this.location = url.href.replace(/\/$/, '');
    this.#options = options;
    this.#ports = ports;
    this.#fs = ports.fs;
  }

  get #branchRef(): string {
    return `refs/heads/${this.#options.branch}`;
  }

  distrust(): void {
    this.#isDistrusted = true;
  }

  /** One exchange with the server by a function of isomorphic-git; throws `SourceError`. */
  async #exchange<T>(
    bounds: HttpBounds,
    signal: AbortSignal,
    run: (remote: { http: HttpClient; url: string; onAuth?: AuthCallback }) => Promise<T>,
  ): Promise<T> {
    const auth = this.#auth;
    const http = new BoundedHttp(this.#ports.http, this.#ports.clock, bounds, signal);
    try {
      const answer = await run({ http, url: this.location, ...(auth === undefined ? {} : { onAuth: () => auth }) });
      http.throwIfBroken();
      return answer;
    } catch (error) {
      throw asSourceError(error, this.location);
    }
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

  async repository(): Promise<Repository> {
    if (this.#repository === undefined) {
      const newest = (await this.#generations()).at(-1);
      if (newest === undefined) throw new SourceError('GONE', `nothing of ${this.location} was fetched yet`);
      this.#repository = new Repository(this.#fs, this.#path(newest));
    }
    return this.#repository;
  }

  /** Where the branch stands on the server; one small exchange. */
  async #serverTip(signal: AbortSignal): Promise<string | Tip> {
    const list = (prefix: string) =>
      this.#exchange(listBounds, signal, (remote) => listServerRefs({ ...remote, prefix }));
    const tip = (await list(this.#branchRef)).find(({ ref }) => ref === this.#branchRef);
    if (tip === undefined) {
      const names = (await list('refs/heads/')).map(({ ref }) => ref.slice('refs/heads/'.length));
      return names.length === 0
        ? emptyRepository(this.location)
        : branchMissing(this.location, this.#options.branch, names);
    }
    if (!oidPattern.test(tip.oid))
      throw new SourceError('BAD_ANSWER', `${this.location} names "${tip.oid}" as a commit`);
    return tip.oid;
  }

  /** Fetches the branch into `gitDirectory`; returns its tip. */
  async #fetch(gitDirectory: string, signal: AbortSignal): Promise<string> {
    const git = { fs: this.#fs, dir: gitDirectory, gitdir: gitDirectory };
    const branch = this.#options.branch;
    const what = { remote: 'origin', ref: branch, remoteRef: this.#branchRef, singleBranch: true, tags: false };
    try {
      const { fetchHead } = await this.#exchange(packBounds, signal, (remote) =>
        fetch({ ...git, ...remote, ...what, cache: {} }),
      );
      if (fetchHead === null) throw new SourceError('BAD_ANSWER', `${this.location} sent no commit`);
      // The next fetch negotiates from the local branch, which fetch itself never moves.
      await writeRef({ ...git, ref: this.#branchRef, value: fetchHead, force: true });
      return fetchHead;
    } catch (error) {
      await this.#removeUnindexedPacks(gitDirectory);
      throw asSourceError(error, this.location);
    }
  }

  /** What a fetch leaves that got a pack it could not read. */
  async #removeUnindexedPacks(gitDirectory: string): Promise<void> {
    const directory = `${gitDirectory}/objects/pack`;
    const names = await this.#fs.promises.readdir(directory).catch(() => [] as string[]);
    const unindexed = names.filter((name) => name.endsWith('.pack') && !names.includes(name.replace(/pack$/, 'idx')));
    for (const name of unindexed) await this.#fs.promises.rm(`${directory}/${name}`, { recursive: true, force: true });
  }

  /** Clones into the next generation and swaps it in. */
  async #clone(signal: AbortSignal): Promise<string> {
    const older = await this.#generations();
    const path = this.#path((older.at(-1) ?? 0) + 1);
    const partial = `${path}.partial`;
    const { promises: files } = this.#fs;
    try {
      await files.rm(partial, { recursive: true, force: true });
      await files.mkdir(partial, { recursive: true });
      const git = { fs: this.#fs, dir: partial, gitdir: partial };
      await init({ ...git, bare: true, defaultBranch: this.#options.branch });
      await addRemote({ ...git, remote: 'origin', url: this.location });
      const tip = await this.#fetch(partial, signal);
      // Every folder of the tip must be readable before the copy counts.
      await new Repository(this.#fs, partial).changes(undefined, tip);
      await files.rename(partial, path);
      this.#repository = undefined;
      this.#isDistrusted = false;
      for (const generation of older) await files.rm(this.#path(generation), { recursive: true, force: true });
      return tip;
    } catch (error) {
      await files.rm(partial, { recursive: true, force: true }).catch(() => {});
      throw asSourceError(error, this.location);
    }
  }

  async #packs(gitDirectory: string): Promise<number> {
    const names = await this.#fs.promises.readdir(`${gitDirectory}/objects/pack`).catch(() => [] as string[]);
    return names.filter((name) => name.endsWith('.pack')).length;
  }

  /** Brings the objects of the server's tip here; returns the tip, which may have moved on since it was listed. */
  async #bring(signal: AbortSignal): Promise<string> {
    const newest = (await this.#generations()).at(-1);
    if (newest === undefined || this.#isDistrusted) return this.#clone(signal);
    const path = this.#path(newest);
    if ((await this.#packs(path)) >= (this.#options.packsMax ?? packsMaxDefault)) {
      this.#ports.log.write('info', 'source.compacted', { location: this.location });
      return this.#clone(signal);
    }
    const tip = await this.#fetch(path, signal);
    this.#repository = undefined;
    return tip;
  }

  async look(signal: AbortSignal, judged: string | undefined): Promise<Tip> {
    const listed = await this.#serverTip(signal);
    if (typeof listed !== 'string') return listed;
    if (!this.#isDistrusted) {
      const here = await this.repository().catch(() => undefined);
      if (here !== undefined && (await here.has(listed))) {
        if (listed === judged) here.forgetPacks();
        return { kind: 'at', oid: listed, repository: here };
      }
    }
    const oid = await this.#bring(signal);
    return { kind: 'at', oid, repository: await this.repository() };
  }
}

/** Follows a branch of an http(s) remote. */
export function openRemoteMirror(options: SourceOptions, ports: SourcePorts): Follower {
  return new RemoteMirror(options, ports);
}
