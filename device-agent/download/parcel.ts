import { type Clock, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import {
  baseName,
  type ParcelFile,
  type ParcelRequest,
  parcelBytesMax,
  unpackBegun,
  unpackParcel,
} from '../../schemas/parcel.ts';
import { packOrder } from '../../schemas/parcel-order.ts';
import { passOver, unfit, unpacked } from './answer.ts';
import { Patience } from './patience.ts';
import type { CountBytes } from './small-file.ts';

/** Files that came together, each taken once: what proves wrong is asked for by itself the next time. */
export class Parcel {
  readonly #files: Map<string, ParcelFile>;

  constructor(files: readonly ParcelFile[]) {
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  has(path: string): boolean {
    return this.#files.has(path);
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

/** Shorter than the network's own: what hangs here may come file by file. */
const silentMsMax = 30_000;

/** For all of it: at 250 bytes a second nearly half of the largest. */
const wholeMsMax = 10 * 60_000;

/** Who let a parcel hang is not asked for another one for this long. */
export const withoutParcelsMs = 60 * 60_000;

/** What came of an order. */
export interface Delivery {
  readonly parcel: Parcel;
  /** It came to a stop while the link may be well. */
  readonly isHung: boolean;
}

/** What an order is made with. */
export interface ParcelPorts {
  readonly network: Network;
  readonly clock: Pick<Clock, 'after'>;
  readonly countBytes: CountBytes;
}

/** What is asked of the server of metadata and indexes, and what a parcel may be packed over. */
export interface ParcelOrder {
  /** Without a slash at its end. */
  readonly server: string;
  /** Metadata that this device has, by `VERSION.ROLE.json`. */
  readonly has: ReadonlyMap<string, Uint8Array>;
  /** Releases that it lacks, as `NAME/VERSION`. */
  readonly releases: readonly string[];
  /** Digests of modules that it has, from which deltas may start. */
  readonly modules: readonly string[];
}

/** Modules that a device tells of: each takes 11 bytes, and a delta that comes along saves 700. */
const modulesToldMax = 16;

/** Whether the order failed in a way that says nothing about the link. */
function isOfTheOrder(error: unknown, patience: Patience): boolean {
  // A server may close a connection at the moment it is used again.
  return patience.isOver || (error instanceof NetworkError && error.code === 'CUT');
}

function wordsOf({ has, releases, modules }: ParcelOrder): ParcelRequest {
  const bases = releases.length === 0 ? [] : modules.slice(0, modulesToldMax).map(baseName);
  return { has: [...has.keys()], releases, bases };
}

function request({ network }: ParcelPorts, order: ParcelOrder, signal: AbortSignal) {
  const headers = { ...unpacked, 'content-type': 'application/json' };
  const body = new TextEncoder().encode(JSON.stringify(wordsOf(order)));
  return network.request({ method: 'POST', url: `${order.server}/parcel`, headers, body }, signal);
}

/** The files of an answer; of one that breaks off those that came whole. */
async function filesOf(
  { body }: HttpResponse,
  has: readonly Uint8Array[],
  { countBytes }: ParcelPorts,
  patience: Patience,
): Promise<readonly ParcelFile[]> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      patience.heard();
      countBytes(chunk.length);
      bytes += chunk.length;
      if (bytes > parcelBytesMax) return [];
      chunks.push(chunk);
    }
  } catch (error) {
    if (!isOfTheOrder(error, patience)) throw error;
    return unpackBegun(Buffer.concat(chunks), has);
  }
  return unpackParcel(Buffer.concat(chunks), has) ?? [];
}

/**
 * Asks for all that an update needs besides its modules. A server that does not know of parcels, sends something else or lets it hang
 * is one that is asked for each file; a link that fails throws.
 */
export async function orderParcel(ports: ParcelPorts, order: ParcelOrder, signal: AbortSignal): Promise<Delivery> {
  using patience = new Patience(ports.clock, silentMsMax, wholeMsMax, signal);
  let files: readonly ParcelFile[] = [];
  try {
    const response = await request(ports, order, patience.signal);
    patience.heard();
    if (unfit(`${order.server}/parcel`, response) === undefined)
      files = await filesOf(response, [...order.has.values()], ports, patience);
    else await passOver(response, ports.countBytes);
  } catch (error) {
    if (!isOfTheOrder(error, patience)) throw error;
  }
  return { parcel: new Parcel(files), isHung: patience.isOver };
}

/**
 * Asks for the same over the session that is there: an update whose delta comes along then needs no handshake of its own. Undefined
 * where no parcel comes that way.
 */
export async function orderByMessage(
  place: (order: Uint8Array) => Promise<Uint8Array | undefined>,
  order: ParcelOrder,
  countBytes: CountBytes,
): Promise<Parcel | undefined> {
  const packed = await place(packOrder(wordsOf(order)));
  if (packed === undefined) return undefined;
  countBytes(packed.length);
  const files = unpackParcel(packed, [...order.has.values()]);
  return files && new Parcel(files);
}
