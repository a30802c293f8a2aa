/** Real git repositories in temporary directories, made commit by commit. */
import { hash } from 'node:crypto';
import fs, { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGunzip, deflateSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { commit, init, type TreeEntry, writeBlob, writeRef, writeTree } from 'isomorphic-git';
import { openSource } from '../../../controller/source/open-source.ts';
import type {
  KnownBranch,
  Source,
  SourceEvent,
  SourceOptions,
  SourcePorts,
} from '../../../controller/source/source.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import type { Clock } from '../../../platform/ports.ts';
import { realPrograms } from './real-programs.ts';

/** A directory that goes with the test. */
export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-source-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export type Tree = { readonly [name: string]: string | Tree };

/** Stores a tree with all below it, and tells the ids by path. */
async function store(gitdir: string, tree: Tree, ids: Map<string, string>, folder = ''): Promise<string> {
  const entries: TreeEntry[] = [];
  for (const [path, content] of Object.entries(tree)) {
    const isFile = typeof content === 'string';
    const oid = isFile
      ? await writeBlob({ fs, dir: gitdir, gitdir, blob: Buffer.from(content) })
      : await store(gitdir, content, ids, `${folder}${path}/`);
    ids.set(`${folder}${path}`, oid);
    entries.push({ path, oid, mode: isFile ? '100644' : '040000', type: isFile ? 'blob' : 'tree' });
  }
  return writeTree({ fs, dir: gitdir, gitdir, tree: entries });
}

let minutes = 0;

/** The path of the tree itself. */
const whole = '';

/** A bare repository that commits are added to. */
export class TestRepository {
  readonly path: string;
  readonly #ids = new Map<string, ReadonlyMap<string, string>>();

  private constructor(path: string) {
    this.path = path;
  }

  static async create(path: string): Promise<TestRepository> {
    await init({ fs, dir: path, gitdir: path, bare: true, defaultBranch: 'main' });
    return new TestRepository(path);
  }

  async commit(tree: Tree, options: { branch?: string; parents?: string[]; message?: string } = {}): Promise<string> {
    const branch = options.branch ?? 'main';
    const git = { fs, dir: this.path, gitdir: this.path };
    minutes += 1;
    const author = {
      name: 'Ada',
      email: 'ada@example.org',
      timestamp: 1_700_000_000 + minutes * 60,
      timezoneOffset: 0,
    };
    const ids = new Map<string, string>();
    const root = await store(this.path, tree, ids);
    this.#ids.set(branch, ids.set(whole, root));
    const oid = await commit({
      ...git,
      message: options.message ?? 'a change',
      author,
      tree: root,
      ref: `refs/heads/${branch}`,
      ...(options.parents === undefined ? {} : { parent: options.parents }),
      noUpdateBranch: true,
    });
    await writeRef({ ...git, ref: `refs/heads/${branch}`, value: oid, force: true });
    return oid;
  }

  /** The id of what the last commit to `main` has at a path; without one, of its tree. */
  idOf(path = whole): string {
    return this.#ids.get('main')!.get(path)!;
  }

  /** Stores an object of these bytes, also such as git itself would not write, and gives its id. */
  write(type: 'commit' | 'tree', content: Uint8Array): string {
    const object = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const oid = hash('sha1', object);
    const folder = join(this.path, 'objects', oid.slice(0, 2));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, oid.slice(2)), deflateSync(object));
    return oid;
  }
}

/** Answers a request otherwise than git would; false leaves it to git. */
export type Interference = (url: string, respond: (status: number, body: Uint8Array) => void) => boolean;

export interface GitServer {
  readonly url: string;
  /** Requests so far. */
  readonly requests: string[];
  interfere: Interference | undefined;
  /** Changes every answer of git; the second argument tells which exchange it belongs to. */
  twist: ((body: Buffer, url: string) => Buffer) | undefined;
  close(): Promise<void>;
}

function gitServer(server: GitServer, root: string, token: string | undefined): Server {
  return createServer((request, response) => {
    const url = request.url ?? '/';
    server.requests.push(url);
    const expected = token === undefined ? undefined : `Basic ${Buffer.from(`git:${token}`).toString('base64')}`;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    if (server.interfere?.(url, (status, body) => response.writeHead(status).end(body))) return;
    // Who breaks off a request awaits no answer.
    const gone = (): void => void response.destroy();
    upload(root, request, response, (body) => server.twist?.(body, url) ?? body).catch(gone);
  });
}

/** What git's smart HTTP says before the references, unless version 2 of the protocol is spoken. */
const announcement = '001e# service=git-upload-pack\n0000';

/** More than any repository of a test has. */
const answerBytesMax = 64 * 1024 * 1024;

/** What git's own end says of itself in version 2 of the protocol, whatever the repository: it is started once to hear it. */
const capabilities = new Map<string, Buffer>();

/**
 * Git's own end of a fetch, started as `git http-backend` starts it: two processes fewer a request. Who asks for another
 * service, or for what is no repository, finds nothing.
 */
async function upload(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  twist: (body: Buffer) => Buffer,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [, name, service] = /^\/([^/]+)\/(info\/refs|git-upload-pack)$/.exec(pathname) ?? [];
  const isAdvertised = service === 'info/refs';
  const isFetch = !isAdvertised || searchParams.get('service') === 'git-upload-pack';
  if (name === undefined || !isFetch || !existsSync(join(root, name))) return void response.writeHead(404).end();
  const protocol = String(request.headers['git-protocol'] ?? '');
  const isOld = !protocol.includes('version=2');
  const answer = (body: Buffer): void => {
    const kind = isAdvertised ? 'advertisement' : 'result';
    response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${kind}` });
    response.end(twist(body));
  };
  const known = isAdvertised && !isOld ? capabilities.get(protocol) : undefined;
  if (known !== undefined) return answer(known);
  const flags = isAdvertised ? ['--http-backend-info-refs'] : [];
  const isPacked = request.headers['content-encoding'] === 'gzip';
  const input = await buffer(isPacked ? request.pipe(createGunzip()) : request);
  const words = ['-c', 'safe.directory=*', 'upload-pack', '--stateless-rpc', ...flags, join(root, name)];
  const { code, output } = await realPrograms.run('git', words, {
    ...{ input, environment: { GIT_PROTOCOL: protocol } },
    ...{ outputBytesMax: answerBytesMax, signal: new AbortController().signal },
  });
  const body = Buffer.concat([Buffer.from(isAdvertised && isOld ? announcement : ''), output]);
  if (isAdvertised && !isOld && code === 0) capabilities.set(protocol, body);
  answer(body);
}

/** Serves every repository below `root` by git's smart HTTP. */
export async function serveGit(t: ExecutionContext, root: string, token?: string): Promise<GitServer> {
  const state: GitServer = { url: '', requests: [], interfere: undefined, twist: undefined, close: async () => {} };
  const server = gitServer(state, root, token);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(close);
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close });
}

/** A real clock on which every pause between two polls is over. */
export function hurriedClock(): Clock {
  let hours = 0;
  const monotonic = (): number => {
    hours += 1;
    return nodeClock.monotonic() + hours * 3_600_000;
  };
  return { ...nodeClock, monotonic };
}

/** Real ports; the library does git's work in this thread. */
export function portsOf(differently: Partial<SourcePorts> = {}): SourcePorts {
  const network = openNetwork(() => ({}));
  return { fs, network, clock: hurriedClock(), log: { write: () => {} }, ...differently };
}

/** A source over the real file system and the real network. */
export function sourceOf(
  options: Partial<SourceOptions> & Pick<SourceOptions, 'url' | 'mirrorDirectory'>,
  ports: Partial<SourcePorts> = {},
): Source {
  return openSource({ branch: 'main', ...options }, portsOf(ports));
}

/** Polls; a commit alone is what was judged and is in force. */
export function poll(source: Source, known: KnownBranch | string = {}): Promise<SourceEvent> {
  const { signal } = new AbortController();
  return source.poll(signal, typeof known === 'string' ? { judged: known, inForce: known } : known);
}

/** The text of a file of a commit. */
export async function textAt(source: Source, oid: string): Promise<string> {
  return Buffer.from(await source.readBlob(oid)).toString();
}
