/** Serves the artifact store by HTTP: ranges, strong entity tags, caching for ever where it is right. */

import { createHash } from 'node:crypto';
import type { Clock, HttpHandler, HttpRequest, HttpResponse } from '../../platform/ports.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { type ByteRange, parseRange } from './byte-range.ts';
import { ArtifactError, type ArtifactFiles, damaged } from './files/artifact-files.ts';
import { releaseNamesFile } from './release-names.ts';
import { namePattern, versionPattern } from './release-path.ts';

/** Files that may change are of at most this size, and tagged by what they hold. */
const smallFileBytesMax = 4 * 1024 * 1024;

/** Blobs that were seen to be whole a moment ago, and are not hashed again; then it begins anew. */
const verifiedMax = 4096;

/** A device that finds again and again that a blob is damaged soon waits longer than that. */
const verifiedMs = 60_000;

const retryAfterSeconds = 30;

const forever = 'public, max-age=31536000, immutable';

/** A file that may be asked for. Made of checked parts only: no path of a request ever reaches the files. */
interface Resource {
  readonly file: string;
  readonly type: string;
  readonly immutable: boolean;
  /** Known without reading where the name is the digest. */
  readonly sha256?: string;
}

export interface ServingParts {
  readonly files: ArtifactFiles;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Whether a file that may change is as it was written here, where that is known. */
  readonly isRight: (file: string, bytes: Uint8Array | undefined) => boolean;
  /** This file is not what it was, or not there. Resolves when it was put again where that can be. */
  readonly onDamaged: (file: string) => Promise<unknown>;
  /** The place where artifacts lie does not answer; whoever asked is told to come back. */
  readonly onTrouble: (error: ArtifactError) => void;
}

/** A handler for `/sha256/HEX`, `/releases/NAME/VERSION.json` and `/tuf/FILE`, GET and HEAD; 404 for all else. */
export function serveArtifacts(parts: ServingParts): HttpHandler {
  const verified = new RecentlyVerified(parts.clock);
  return async (request, _peer, signal) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return empty(405, { allow: 'GET, HEAD' });
    const resource = resourceOf(request.url);
    if (resource === undefined) return empty(404, {});
    try {
      const content = await contentOf(parts, verified, resource, signal);
      return content === undefined ? empty(404, {}) : answer(content, resource, request);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      parts.onTrouble(error);
      return empty(503, { 'retry-after': String(retryAfterSeconds) });
    }
  };
}

function resourceOf(url: string): Resource | undefined {
  const [root, folder = '', ...rest] = url.split('?', 1)[0]!.split('/');
  const segments = rest.map(decode);
  if (root !== '' || segments.includes(undefined)) return undefined;
  const [first = '', second] = segments as string[];
  switch (`${folder} ${segments.length}`) {
    case 'sha256 1':
      if (!/^[0-9a-f]{64}$/.test(first)) return undefined;
      return { file: `sha256/${first}`, type: 'application/octet-stream', immutable: true, sha256: first };
    case 'releases 2': {
      const version = second?.endsWith('.json') ? second.slice(0, -'.json'.length) : '';
      if (!namePattern.test(first) || !versionPattern.test(version)) return undefined;
      return { file: `releases/${first}/${version}.json`, type: 'application/json', immutable: false };
    }
    case 'tuf 1': {
      if (first === 'timestamp.json' || first === releaseNamesFile)
        return { file: `tuf/${first}`, type: 'application/json', immutable: false };
      const role = /^[1-9]\d{0,15}\.(.+)\.json$/.exec(first)?.[1];
      if (role === undefined || !namePattern.test(role)) return undefined;
      return { file: `tuf/${first}`, type: 'application/json', immutable: true };
    }
    default:
      return undefined;
  }
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** What a resource holds, as it is served. */
interface Content {
  readonly length: number;
  readonly sha256: string;
  readonly bytes: (range: ByteRange) => AsyncIterable<Uint8Array>;
}

async function contentOf(
  { files, isRight, onDamaged }: ServingParts,
  verified: RecentlyVerified,
  { file, sha256 }: Resource,
  signal: AbortSignal,
): Promise<Content | undefined> {
  if (sha256 === undefined) {
    // A file that may be replaced is read at once, so that its tag, its length and its bytes are of one moment.
    let whole = await files.read(file, smallFileBytesMax);
    if (!isRight(file, whole)) {
      await onDamaged(file);
      whole = await files.read(file, smallFileBytesMax);
    }
    if (whole === undefined) return undefined;
    if (!isRight(file, whole)) throw damaged(file);
    return {
      length: whole.length,
      sha256: sha256Hex(whole),
      bytes: ({ start, end }) => once(whole.subarray(start, end)),
    };
  }
  const length = await files.size(file);
  if (length === undefined) {
    void onDamaged(file);
    return undefined;
  }
  const bytes = (range: ByteRange): AsyncIterable<Uint8Array> => {
    const pieces = files.open(file, range, signal);
    const isWhole = range.start === 0 && range.end === length;
    const isToVerify = isWhole && !verified.has(sha256);
    return tellingDamage(isToVerify ? verifying(pieces, { file, sha256, verified }) : pieces, () => onDamaged(file));
  };
  return { length, sha256, bytes };
}

interface Verification {
  readonly file: string;
  readonly sha256: string;
  readonly verified: RecentlyVerified;
}

/** Which blobs were hashed as they were served, not long ago. */
class RecentlyVerified {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #at = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  has(sha256: string): boolean {
    const at = this.#at.get(sha256);
    return at !== undefined && this.#clock.monotonic() - at < verifiedMs;
  }

  add(sha256: string): void {
    if (this.#at.size >= verifiedMax) this.#at.clear();
    this.#at.set(sha256, this.#clock.monotonic());
  }
}

/** The same pieces; the last one only when all of them together are what the name says. */
async function* verifying(pieces: AsyncIterable<Uint8Array>, verification: Verification): AsyncGenerator<Uint8Array> {
  const { file, sha256, verified } = verification;
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (held !== undefined) yield held;
    hash.update(piece);
    held = piece;
  }
  if (hash.digest('hex') !== sha256) throw damaged(file);
  verified.add(sha256);
  if (held !== undefined) yield held;
}

/** The same pieces; that they are damaged, or end before their time, is told besides. */
async function* tellingDamage(
  pieces: AsyncIterable<Uint8Array>,
  onDamaged: () => Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'ARTIFACT_DAMAGED') void onDamaged();
    throw error;
  }
}

function answer({ length, sha256, bytes }: Content, resource: Resource, request: HttpRequest): HttpResponse {
  const etag = `"${sha256}"`;
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': resource.immutable ? forever : 'no-cache',
    'content-type': resource.type,
    etag,
  };
  if (matches(request.headers['if-none-match'], etag)) return empty(304, headers);
  const range = wantedRange(request, etag, length);
  if (range === 'unsatisfiable') {
    return empty(416, { 'accept-ranges': 'bytes', 'content-range': `bytes */${length}` });
  }
  const part = range === 'whole' ? { start: 0, end: length } : range;
  return {
    status: range === 'whole' ? 200 : 206,
    headers: {
      ...headers,
      'content-length': String(part.end - part.start),
      ...(range === 'whole' ? {} : { 'content-range': `bytes ${part.start}-${part.end - 1}/${length}` }),
    },
    body: request.method === 'HEAD' ? nothing() : bytes(part),
  };
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/** If-Range holds only for the very same bytes; else the whole file is sent, never the end of another one. */
function wantedRange(request: HttpRequest, etag: string, length: number): ByteRange | 'whole' | 'unsatisfiable' {
  const condition = request.headers['if-range'];
  if (request.method !== 'GET' || (condition !== undefined && condition.trim() !== etag)) return 'whole';
  return parseRange(request.headers.range, length);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function empty(status: number, headers: Readonly<Record<string, string>>): HttpResponse {
  const lengthless = status === 304;
  return { status, headers: lengthless ? headers : { ...headers, 'content-length': '0' }, body: nothing() };
}
