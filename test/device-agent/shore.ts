/** A shore in memory: release keys, signed metadata, blobs and deployments, and an HTTP handler that serves them. */
import { createHash } from 'node:crypto';
import { brotliCompressSync } from 'node:zlib';
import { deploymentKeysPath, writeDeploymentKeys } from '../../artifact/trust/deployment-keys.ts';
import { deploymentPayloadType, signEnvelope } from '../../artifact/trust/dsse.ts';
import { type PrivateKey, privateKeyFromSeed, publicKeyHex, signBytes } from '../../artifact/trust/keys.ts';
import { canonicalBytes } from '../../artifact/trust/tuf/metadata.ts';
import { fillParcel } from '../../controller/publishing/fill-parcel.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../platform/ports.ts';
import type { Deployment, ShadowDesired, Way } from '../../schemas/generated/types.ts';
import { type ParcelRequest, parseParcelRequest } from '../../schemas/parcel.ts';
import { unpackOrder } from '../../schemas/parcel-order.ts';
import { buildModule } from './runtime/module-builder.ts';

export const startMs = Date.parse('2026-03-01T00:00:00Z');
export const dayMs = 86_400_000;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function keyOf(name: string): PrivateKey {
  return privateKeyFromSeed(createHash('sha256').update(name).digest());
}

const runnable = buildModule({ functions: { _start: [] } });

/** A module with a custom section of these bytes behind it. */
export function withSection(module: Uint8Array, bytes: Uint8Array): Uint8Array {
  const length = bytes.length + 1;
  const width = [length | 0x80, (length >> 7) | 0x80, (length >> 14) | 0x80, length >> 21];
  return new Uint8Array(Buffer.concat([module, Uint8Array.of(0, ...width, 0), bytes]));
}

/** A module of `length` bytes that could run, of a content that doesn't compress to nothing, the same for the same name. */
export function moduleBytes(name: string, length: number): Uint8Array {
  const bytes = Buffer.alloc(length - runnable.length - 6);
  for (let at = 0; at < bytes.length; at += 32)
    createHash('sha256')
      .update(`${name} ${at >> 7}`)
      .digest()
      .copy(bytes, at);
  bytes.write(name);
  return withSection(runnable, bytes);
}

const packedOnce = new Map<string, Uint8Array>();

/** Packed with brotli, once a process: shores of many tests have the same modules. */
function packed(bytes: Uint8Array): Uint8Array {
  return packedOnce.getOrInsertComputed(sha256(bytes), () => new Uint8Array(brotliCompressSync(bytes))).slice();
}

export interface AppWish {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
}

interface Files {
  readonly [path: string]: Uint8Array;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function signed(part: Record<string, unknown>, ...keys: readonly PrivateKey[]): Uint8Array {
  const bytes = canonicalBytes(part, 'test');
  const signatures = keys.map((key) => ({ keyid: key.keyId, sig: Buffer.from(signBytes(key, bytes)).toString('hex') }));
  return new Uint8Array(Buffer.from(JSON.stringify({ signed: part, signatures })));
}

function keyEntry(key: PrivateKey): Record<string, unknown> {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicKeyHex(key.publicKey) } };
}

function keyEntries(...keys: readonly PrivateKey[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key.keyId, keyEntry(key)]));
}

function pin(bytes: Uint8Array, version: number): Record<string, unknown> {
  return { version, length: bytes.length, hashes: { sha256: sha256(bytes) } };
}

export class Shore {
  readonly device: string;
  nowMs = startMs;
  /** How long metadata that the controller signs stays valid from when it is signed. */
  expiryMs = 7 * dayMs;
  /** And what was signed offline. */
  offlineExpiryMs = 365 * dayMs;
  /** How far the controller's clock runs ahead. */
  aheadMs = 0;
  files: Record<string, Uint8Array> = {};
  readonly requests: HttpRequest[] = [];
  /** Which files may come along with others; undefined for a server that knows nothing of parcels. */
  parcels: ((file: string) => boolean) | undefined;
  readonly rootKey = keyOf('root');
  readonly targetsKey = keyOf('targets');
  onlineKey = keyOf('online');
  deploymentKey = keyOf('deployment');
  readonly #releases = new Map<string, Map<string, Uint8Array>>();
  readonly bornRoot: Uint8Array;
  #version = 0;

  constructor(device: string) {
    this.device = device;
    this.bornRoot = this.#root(1);
  }

  #root(version: number): Uint8Array {
    const role = (key: PrivateKey) => ({ keyids: [key.keyId], threshold: 1 });
    return signed(
      {
        ...{ _type: 'root', spec_version: '1.0.31', version, expires: '2036-01-01T00:00:00Z' },
        consistent_snapshot: true,
        keys: keyEntries(this.rootKey, this.targetsKey, this.onlineKey),
        roles: {
          root: role(this.rootKey),
          targets: role(this.targetsKey),
          snapshot: role(this.onlineKey),
          timestamp: role(this.onlineKey),
        },
      },
      this.rootKey,
    );
  }

  /** A second root that names another key for snapshot and timestamp. */
  rotateOnlineKey(name: string): void {
    this.onlineKey = keyOf(name);
    this.files['/tuf/2.root.json'] = this.#root(2);
    this.publish();
  }

  /** Signs a release and serves it, whole and in other forms. */
  release(
    app: AppWish,
    ways: readonly { readonly method: Way['method']; readonly bytes: Uint8Array; base?: string }[] = [],
  ): void {
    const releases = this.#releases.get(app.name) ?? new Map<string, Uint8Array>();
    this.#releases.set(app.name, releases.set(app.version, app.bytes));
    for (const { bytes } of [app, ...ways]) this.files[`/sha256/${sha256(bytes)}`] = bytes;
    this.files[`/releases/${app.name}/${app.version}.json`] = Buffer.from(
      JSON.stringify({
        ...{ apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name: app.name, version: app.version },
        ...{ sha256: sha256(app.bytes), length: app.bytes.length },
        ways: [
          { method: 'whole', sha256: sha256(app.bytes), length: app.bytes.length },
          ...ways.map(({ method, bytes, base }) => ({
            ...{ method, sha256: sha256(bytes), length: bytes.length },
            ...(base === undefined ? {} : { base }),
          })),
        ],
      }),
    );
    this.publish();
  }

  releaseWithBrotli(app: AppWish, ways: Parameters<Shore['release']>[1] = []): void {
    this.release(app, [...ways, { method: 'brotli', bytes: packed(app.bytes) }]);
  }

  /** Signs all metadata anew. */
  publish(): void {
    this.#version += 1;
    const version = this.#version;
    const versioned = { spec_version: '1.0.31', version };
    const offline = { ...versioned, expires: iso(this.nowMs + this.offlineExpiryMs) };
    const signedAtMs = this.nowMs + this.aheadMs;
    const online = { ...versioned, expires: iso(signedAtMs + this.expiryMs) };
    const keys = writeDeploymentKeys([this.deploymentKey.publicKey]);
    this.files[`/sha256/${sha256(keys)}`] = keys;
    const entry = (bytes: Uint8Array) => ({ length: bytes.length, hashes: { sha256: sha256(bytes) } });
    const meta: Record<string, unknown> = {};
    const roles = [...this.#releases].map(([name, releases]) => {
      const targets = Object.fromEntries([...releases].map(([v, bytes]) => [`${name}/${v}.wasm`, entry(bytes)]));
      const bytes = signed({ _type: 'targets', ...offline, targets }, keyOf(name));
      this.files[`/tuf/${version}.${name}.json`] = bytes;
      meta[`${name}.json`] = pin(bytes, version);
      return { name, keyids: [keyOf(name).keyId], threshold: 1, terminating: true, paths: [`${name}/*`] };
    });
    const delegations = { keys: keyEntries(...[...this.#releases.keys()].map(keyOf)), roles };
    const targets = signed(
      { _type: 'targets', ...offline, targets: { [deploymentKeysPath]: entry(keys) }, delegations },
      this.targetsKey,
    );
    meta['targets.json'] = pin(targets, version);
    const snapshot = signed({ _type: 'snapshot', ...online, meta }, this.onlineKey);
    const timestamp = signed(
      {
        _type: 'timestamp',
        ...online,
        meta: { 'snapshot.json': pin(snapshot, version) },
        'x-fleet-issued': iso(signedAtMs),
      },
      this.onlineKey,
    );
    Object.assign(this.files, {
      [`/tuf/${version}.targets.json`]: targets,
      [`/tuf/${version}.snapshot.json`]: snapshot,
      '/tuf/timestamp.json': timestamp,
    } satisfies Files);
  }

  deployment(sequence: number, apps: readonly AppWish[], change: Partial<Deployment> = {}): Deployment {
    return {
      ...{ apiVersion: 'fleet/v1alpha1', kind: 'Deployment', device: this.device, sequence },
      revision: sequence.toString(16).padStart(40, '0'),
      issuedAt: iso(this.nowMs + this.aheadMs),
      probationSeconds: 20,
      applications: apps.map(({ name, version, bytes }) => ({
        ...{ name, version, sha256: sha256(bytes), length: bytes.length },
        ...{ args: [], env: {}, config: {}, restart: 'always' as const },
      })),
      ...change,
    } as Deployment;
  }

  envelope(deployment: unknown, key: PrivateKey = this.deploymentKey): string {
    return signEnvelope(deploymentPayloadType, Buffer.from(JSON.stringify(deployment)), [key]);
  }

  desired(sequence: number, apps: readonly AppWish[], change: Partial<Deployment> = {}): ShadowDesired {
    return { sequence, envelope: this.envelope(this.deployment(sequence, apps, change)) };
  }

  /** A status in place of what is asked for: it comes with the wish to be left alone for half a minute. */
  busy: (url: string) => number | undefined = () => undefined;

  /** Says the whole of an answer in place of the server. */
  between: (url: string) => HttpResponse | undefined = () => undefined;

  /** What is asked for together comes together, but for what may not come along. */
  async #parcel({ body }: HttpRequest): Promise<Uint8Array> {
    return this.#filled(parseParcelRequest(JSON.parse(Buffer.from(body ?? '').toString('utf8')))!);
  }

  #filled(asked: ParcelRequest): Promise<Uint8Array> {
    const read = async (file: string) => this.files[`/${file}`];
    return fillParcel(asked, { files: { read }, isRight: (file) => this.parcels!(file) });
  }

  /** Whether parcels come over the session too; what was ordered that way. */
  fillsOrders = false;
  readonly orders: ParcelRequest[] = [];
  onOrder: (packed: Uint8Array) => Uint8Array = (packed) => packed;

  async orderParcel(order: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.fillsOrders) return undefined;
    const asked = unpackOrder(order)!;
    this.orders.push(asked);
    return this.onOrder(await this.#filled(asked));
  }

  /** How a parcel goes out. */
  onParcel: (packed: Uint8Array, signal: AbortSignal) => HttpResponse | Promise<HttpResponse> = (packed) =>
    answer(200, {}, packed);

  readonly handle: HttpHandler = async (request, _peer, signal) => {
    this.requests.push(request);
    if (request.url === '/parcel' && this.parcels !== undefined)
      return this.onParcel(await this.#parcel(request), signal);
    const another = this.between(request.url);
    if (another !== undefined) return another;
    const status = this.busy(request.url);
    if (status !== undefined) return answer(status, { 'retry-after': '30' }, new Uint8Array());
    const bytes = this.files[request.url];
    if (bytes === undefined) return answer(404, {}, Buffer.from('no such file'));
    const etag = `"${sha256(bytes).slice(0, 16)}"`;
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const from = Number(first ?? Number.NaN);
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    if (Number.isNaN(from) || !isSame) return answer(200, { etag }, bytes);
    if (from >= bytes.length) return answer(416, {}, new Uint8Array());
    const end = last ? Math.min(Number(last) + 1, bytes.length) : bytes.length;
    const range = `bytes ${from}-${end - 1}/${bytes.length}`;
    return answer(206, { etag, 'content-range': range }, bytes.subarray(from, end));
  };
}

/** An answer whose body comes in pieces. */
export function answer(status: number, headers: Record<string, string>, bytes: Uint8Array): HttpResponse {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
  }
  return { status, headers, body: body() };
}
