import { type Network, NetworkError } from '../../platform/ports.ts';
import { type ParcelFile, parcelBytesMax, unpackParcel } from '../../schemas/parcel.ts';
import { passOver, unfit, unpacked } from './answer.ts';
import type { CountBytes } from './small-file.ts';

/** Files that came together, each taken once: what proves wrong is asked for by itself the next time. */
export class Parcel {
  readonly #files: Map<string, ParcelFile>;

  constructor(files: readonly ParcelFile[]) {
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  /** The file at this path below the server; without bytes where it has none. Undefined when it did not come along. */
  take(path: string): ParcelFile | undefined {
    const file = this.#files.get(path);
    this.#files.delete(path);
    return file;
  }
}

/** A parcel in which nothing came. */
export const noParcel = new Parcel([]);

/** A server may close a connection at the moment it is used again: that says nothing about the link. */
function unlessStale(error: unknown): undefined {
  if (!(error instanceof NetworkError) || error.code !== 'CUT') throw error;
}

/** What is asked of the server of metadata and indexes, and what a parcel may be packed over. */
export interface ParcelOrder {
  /** Without a slash at its end. */
  readonly server: string;
  /** Metadata that this device has, by `VERSION.ROLE.json`. */
  readonly has: ReadonlyMap<string, Uint8Array>;
  /** Releases that it lacks, as `NAME/VERSION`. */
  readonly releases: readonly string[];
}

/**
 * Asks for all that an update needs besides its modules. A server that does not know of parcels, or sends something else, is one
 * that is asked for each file; a link that fails throws.
 */
export async function orderParcel(
  network: Network,
  { server, has, releases }: ParcelOrder,
  countBytes: CountBytes,
  signal: AbortSignal,
): Promise<Parcel> {
  const url = `${server}/parcel`;
  const headers = { ...unpacked, 'content-type': 'application/json' };
  const body = new TextEncoder().encode(JSON.stringify({ has: [...has.keys()], releases }));
  const response = await network.request({ method: 'POST', url, headers, body }, signal).catch(unlessStale);
  if (response === undefined) return noParcel;
  if (unfit(url, response) !== undefined) {
    await passOver(response, countBytes);
    return noParcel;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    countBytes(chunk.length);
    bytes += chunk.length;
    if (bytes > parcelBytesMax) return noParcel;
    chunks.push(chunk);
  }
  return new Parcel(unpackParcel(Buffer.concat(chunks), [...has.values()]) ?? []);
}
