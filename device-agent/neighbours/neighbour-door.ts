/** What devices beside this one are answered: modules that are here whole, how far others are, and nothing else. */
import type { Disk, DiskFile, HttpHandler, HttpRequest, HttpResponse } from '../../platform/ports.ts';
import { readIfPossible } from '../storage/unreadable.ts';
import { type Want, wantHeader, wantText } from './wants.ts';

/** Read and sent at once. */
const chunkBytes = 64 * 1024;

/** Answers with a body at the same time: this device has its own work, and who is turned away comes again. */
const servedMax = 4;

/** When who was turned away may come again. */
const busySeconds = 5;

/** What it answers from. */
export interface NeighbourDoorOptions {
  readonly disk: Disk;
  /** Modules under their digests: a name there is only ever given to bytes that had that digest. */
  readonly storeDirectory: string;
}

/** The part of a file that is asked for. */
interface Part {
  readonly from: number;
  /** The first byte that is not. */
  readonly to: number;
  readonly isWhole: boolean;
}

const nothing: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} };

function without(status: number, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-length': '0', ...headers }, body: nothing };
}

/** Undefined where the range begins behind the end. A range of any other kind is answered with the whole (RFC 9110, 14.2). */
function partOf({ headers }: HttpRequest, bytes: number): Part | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? [];
  if (first === undefined) return { from: 0, to: bytes, isWhole: true };
  const [from, to] = [Number(first), last ? Math.min(Number(last) + 1, bytes) : bytes];
  return from < to ? { from, to, isWhole: false } : undefined;
}

function headersOf({ from, to, isWhole }: Part, bytes: number): Readonly<Record<string, string>> {
  const range = isWhole ? {} : { 'content-range': `bytes ${from}-${to - 1}/${bytes}` };
  return { 'content-type': 'application/wasm', 'content-length': String(to - from), ...range };
}

/** Answers devices of the same fleet, over connections on which both have shown certificates of its authority. */
export class NeighbourDoor {
  readonly #options: NeighbourDoorOptions;
  /** What this device is on its way to, by digest. */
  #wants: ReadonlyMap<string, Want> = new Map();
  /** The answer that each device is being given. A newer one ends it: who asks again has lost the one before. */
  readonly #served = new Map<string, Part>();

  constructor(options: NeighbourDoorOptions) {
    this.#options = options;
  }

  /** Takes what this device wants by now. */
  want(wants: readonly Want[]): void {
    this.#wants = new Map(wants.map((one) => [one.sha256, one]));
  }

  readonly handle: HttpHandler = async (request, peer) => {
    if (peer.device === undefined) return without(403);
    const sha256 = /^\/sha256\/([0-9a-f]{64})$/.exec(request.url)?.[1];
    if (sha256 === undefined) return without(404);
    if (request.method !== 'GET' && request.method !== 'HEAD') return without(405);
    return this.#answer(request, peer.device, sha256);
  };

  #answer(request: HttpRequest, to: string, sha256: string): HttpResponse {
    const path = `${this.#options.storeDirectory}/${sha256}`;
    const bytes = readIfPossible(() => this.#options.disk.stat(path)?.bytes);
    if (bytes === undefined) return this.#lacking(sha256);
    const part = partOf(request, bytes);
    if (part === undefined) return without(416, { 'content-range': `bytes */${bytes}` });
    const head = { status: part.isWhole ? 200 : 206, headers: headersOf(part, bytes) };
    if (request.method === 'HEAD') return { ...head, body: nothing };
    if (this.#served.size >= servedMax && !this.#served.has(to))
      return without(503, { 'retry-after': String(busySeconds) });
    return { ...head, body: this.#body(to, path, part) };
  }

  #lacking(sha256: string): HttpResponse {
    const want = this.#wants.get(sha256);
    return without(404, want === undefined ? {} : { [wantHeader]: wantText(want) });
  }

  /** Counts as served only while somebody reads it. */
  async *#body(to: string, path: string, part: Part): AsyncGenerator<Uint8Array> {
    this.#served.set(to, part);
    try {
      // A module that is removed meanwhile is read to its end all the same.
      using file = this.#options.disk.open(path, 'read');
      for (const chunk of chunksOf(file, part)) {
        if (this.#served.get(to) !== part) throw new Error(`${to} asks anew`);
        yield chunk;
      }
    } finally {
      if (this.#served.get(to) === part) this.#served.delete(to);
    }
  }
}

/** A file that got shorter ends the answer short, and its taker sees that. */
function* chunksOf(file: DiskFile, { from, to }: Part): Generator<Uint8Array> {
  for (let at = from; at < to; ) {
    const chunk = file.read(at, Math.min(chunkBytes, to - at));
    if (chunk.length === 0) throw new Error(`the file ended at ${at} of ${to} bytes`);
    yield chunk;
    at += chunk.length;
  }
}
