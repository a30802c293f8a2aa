/** Serves the directory of the artifact store by HTTP: ranges, strong entity tags, caching for ever where it is right. */
import { sha256Hex } from '../../artifact/trust/tuf/trusted.ts';
import { type Disk, DiskError, type HttpHandler, type HttpRequest, type HttpResponse } from '../../platform/ports.ts';
import { type ByteRange, parseRange } from './byte-range.ts';
import { namePattern, versionPattern } from './release-path.ts';

const chunkBytes = 64 * 1024;

/** Files up to this size may change and are tagged by what they hold. */
const smallFileBytesMax = 4 * 1024 * 1024;

const forever = 'public, max-age=31536000, immutable';

/** A file that may be asked for. Made of checked parts only: no path of a request ever reaches the disk. */
interface Resource {
  /** Below the store's directory. */
  readonly file: string;
  readonly type: string;
  readonly immutable: boolean;
  /** Known without reading where the name is the digest. */
  readonly sha256?: string;
}

/** A handler for `/sha256/HEX`, `/releases/NAME/VERSION.json` and `/tuf/FILE`, GET and HEAD; 404 for all else. */
export function serveArtifacts(disk: Disk, directory: string): HttpHandler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return empty(405, { allow: 'GET, HEAD' });
    const resource = resourceOf(request.url);
    if (resource === undefined) return empty(404, {});
    try {
      return answer(disk, `${directory}/${resource.file}`, resource, request);
    } catch (error) {
      if (error instanceof DiskError && error.code === 'NOT_FOUND') return empty(404, {});
      throw error;
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
      if (first === 'timestamp.json') return { file: 'tuf/timestamp.json', type: 'application/json', immutable: false };
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

function answer(disk: Disk, path: string, resource: Resource, request: HttpRequest): HttpResponse {
  const stat = disk.stat(path);
  if (stat?.kind !== 'file') return empty(404, {});
  // A file that may be replaced is read at once, so that its tag, its length and its bytes are of one moment.
  const content = resource.sha256 === undefined && stat.bytes <= smallFileBytesMax ? disk.readFile(path) : undefined;
  const sha256 = resource.sha256 ?? (content === undefined ? undefined : sha256Hex(content));
  if (sha256 === undefined) return empty(404, {});
  const length = content?.length ?? stat.bytes;
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
    body: request.method === 'HEAD' ? nothing() : bodyOf(disk, path, content, part),
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

async function* bodyOf(
  disk: Disk,
  path: string,
  content: Uint8Array | undefined,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  if (content !== undefined) {
    if (end > start) yield content.subarray(start, end);
    return;
  }
  using file = disk.open(path, 'read');
  for (let at = start; at < end; ) {
    const chunk = file.read(at, Math.min(chunkBytes, end - at));
    // The length was promised: a file that got shorter must end in a cut, not in a short answer.
    if (chunk.length === 0) throw new DiskError('IO', path, `ends at ${at}, ${end} bytes were promised`);
    yield chunk;
    at += chunk.length;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function empty(status: number, headers: Readonly<Record<string, string>>): HttpResponse {
  const lengthless = status === 304;
  return { status, headers: lengthless ? headers : { ...headers, 'content-length': '0' }, body: nothing() };
}
