import { createHash } from 'node:crypto';
import { S3mini } from 's3mini';
import type { Clock, Network } from '../../../platform/ports.ts';
import type { ByteRange } from '../byte-range.ts';
import { type ArtifactFiles, damaged, tooLarge } from '../files/artifact-files.ts';
import { bucketError, bucketFault, isMissing } from './bucket-error.ts';
import { bucketFetch, gather } from './bucket-fetch.ts';
import type { BucketPlace } from './bucket-place.ts';
import { Pieces, pieceBytes } from './pieces.ts';
import { Slots } from './slots.ts';

/** Exchanges with the bucket at once. */
const exchangesMax = 32;

/** Of a folder; what is beyond is not seen. */
const listedMax = 500_000;

/** Blobs whose length is remembered, as it never changes; then it begins anew. */
const sizesMax = 16_384;

export interface BucketFilesOptions extends BucketPlace {
  readonly network: Network;
  readonly clock: Clock;
}

/** Artifacts as objects of an S3 bucket, under the same paths as in a directory. */
export class BucketFiles implements ArtifactFiles {
  readonly #s3: S3mini;
  readonly #place: string;
  readonly #prefix: string;
  readonly #slots = new Slots(exchangesMax);
  readonly #pieces = new Pieces((path, start) => this.#piece(path, start));
  readonly #sizes = new Map<string, number>();
  /** Files that are being read: whoever asks meanwhile gets the same. */
  readonly #reading = new Map<string, Promise<Uint8Array | undefined>>();

  constructor({ endpoint, bucket, prefix, region, accessKeyId, secretAccessKey, network, clock }: BucketFilesOptions) {
    const fetchInTime = bucketFetch(network, clock);
    const at = `${endpoint}/${bucket}`;
    this.#s3 = new S3mini({ endpoint: at, region, accessKeyId, secretAccessKey, fetch: fetchInTime });
    this.#place = at;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  read(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const known = this.#reading.get(path);
    if (known !== undefined) return known;
    const reading = this.#ask(`reading ${path}`, async () => {
      const bytes = await gather(bodyOf(await this.#s3.getObjectRaw(this.#key(path))), bytesMax);
      if (bytes === undefined) throw tooLarge(path, bytesMax);
      return bytes;
    }).finally(() => this.#reading.delete(path));
    this.#reading.set(path, reading);
    return reading;
  }

  async size(path: string): Promise<number | undefined> {
    const known = this.#sizes.get(path);
    if (known !== undefined) return known;
    const size = await this.#ask(`looking for ${path}`, () => this.#s3.getContentLength(this.#key(path)));
    if (size !== undefined && path.startsWith('sha256/')) {
      if (this.#sizes.size >= sizesMax) this.#sizes.clear();
      this.#sizes.set(path, size);
    }
    return size;
  }

  async *open(path: string, { start, end }: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      signal.throwIfAborted();
      const begin = at - (at % pieceBytes);
      const piece = (await this.#pieces.get(path, begin)).subarray(at - begin, end - begin);
      if (piece.length === 0) throw this.#lost(path);
      yield piece;
      at += piece.length;
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const type = path.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    const checksum = { 'x-amz-checksum-sha256': createHash('sha256').update(bytes).digest('base64') };
    const isThere = await this.#ask(`storing ${path}`, async () => {
      await this.#s3.putObject(this.#key(path), bytes, type, undefined, checksum);
      return true;
    });
    this.#forget(path);
    if (isThere === undefined) throw bucketFault('ARTIFACTS_NO_BUCKET', this.#place, `${path} could not be stored`);
  }

  async list(folder: string, levels: 1 | 2): Promise<readonly string[]> {
    const found = await this.#ask(`listing ${folder}`, () =>
      this.#s3.listObjects('/', this.#key(`${folder}/`), listedMax),
    );
    if (found === null) throw bucketFault('ARTIFACTS_NO_BUCKET', this.#place, `${folder} could not be listed`);
    const paths = (found ?? []).map(({ Key }) => Key.slice(this.#prefix.length));
    return paths.filter((path) => path.split('/').length === levels + 1).sort();
  }

  async remove(path: string): Promise<void> {
    await this.#ask(`removing ${path}`, () => this.#s3.deleteObject(this.#key(path)));
    this.#forget(path);
  }

  /** Undefined where the service says that there is no such object. */
  async #ask<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await this.#slots.run(work);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw bucketError(this.#place, what, error);
    }
  }

  async #piece(path: string, start: number): Promise<Uint8Array> {
    const piece = await this.#ask(`reading ${path} from ${start}`, async () => {
      const answer = await this.#s3.getObjectRaw(this.#key(path), false, start, start + pieceBytes);
      const bytes = await gather(bodyOf(answer), pieceBytes);
      if (bytes !== undefined) return bytes;
      throw bucketFault('ARTIFACTS_FAILED', this.#place, `more of ${path} was sent than was asked for`);
    });
    if (piece === undefined) throw this.#lost(path);
    return piece;
  }

  /** It was longer, or there, when its length was asked for, which is remembered no more. */
  #lost(path: string): Error {
    this.#forget(path);
    return damaged(path);
  }

  #key(path: string): string {
    return `${this.#prefix}${path}`;
  }

  #forget(path: string): void {
    this.#sizes.delete(path);
    this.#pieces.forget(path);
  }
}

function bodyOf({ body }: Response): AsyncIterable<Uint8Array> {
  return (body ?? []) as AsyncIterable<Uint8Array>;
}
