/**
 * An order of a parcel, and the parcel, as messages of a session that is there already: the shadow's `get` and its answer, which
 * begin with `{` where they are JSON.
 *
 *     version, 1 byte · token, u32 · of an order: what is asked for, as JSON, deflated over the primer
 *                                  · of an answer: the parcel; nothing where it does not come this way
 *
 * Little-endian. A device sends none before the shore has said that it fills them.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type ParcelRequest, parseParcelRequest } from './parcel.ts';

const version = 1;
const headBytes = 5;

/** Part of the format: another text is another version of it. */
const primer = Buffer.from(
  '.json","1.timestamp.json","1.snapshot.json","1.targets.json"],"releases":["/1.0.0"],"bases":["',
);

/** An order is never longer, nor what it asks for as JSON. */
const bytesMax = { order: 8 * 1024, json: 64 * 1024 } as const;

/** Of a parcel that comes as a message: what is longer comes by HTTPS, where it can be taken up in the middle of a file. */
export const sessionParcelBytesMax = 12 * 1024;

/** What is asked for, in few bytes. */
export function packOrder(request: ParcelRequest): Uint8Array {
  return deflateRawSync(JSON.stringify(request), { dictionary: primer, level: 9 });
}

/** What is asked for; undefined when it is no such request. */
export function unpackOrder(packed: Uint8Array): ParcelRequest | undefined {
  try {
    const json = inflateRawSync(packed, { dictionary: primer, maxOutputLength: bytesMax.json });
    return parseParcelRequest(JSON.parse(json.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** An order or its answer; both have the token of the order. */
export interface OrderMessage {
  readonly token: number;
  readonly body: Uint8Array;
}

/** The message that has them. */
export function orderMessage({ token, body }: OrderMessage): Uint8Array {
  const head = Buffer.alloc(headBytes);
  head[0] = version;
  head.writeUInt32LE(token, 1);
  return Buffer.concat([head, body]);
}

/** What a message has; undefined when it is neither an order nor an answer to one. */
export function readOrderMessage(payload: Uint8Array): OrderMessage | undefined {
  if (payload[0] !== version || payload.length < headBytes) return undefined;
  const bytes = Buffer.from(payload);
  return { token: bytes.readUInt32LE(1), body: Uint8Array.from(bytes.subarray(headBytes)) };
}

/** Whether what a device asks of its shadow is an order of a parcel, of a length that is read. */
export function isParcelOrder(payload: Uint8Array): boolean {
  return payload[0] === version && payload.length >= headBytes && payload.length <= bytesMax.order;
}
