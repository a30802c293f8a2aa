/**
 * The bytes of a segment, which is a part of what a channel has to say:
 *
 *     header   'FOB1' · stream, 8 bytes · dropped before it, u32 · age limit in seconds, u32 · CRC-32 of these, u32
 *     record   length, u32 · milliseconds since the epoch, f64 · CRC-32 of both and of the message, u32 · message
 *     record   …
 *
 * Little-endian. A segment is only appended to. What does not check is where it ends: a process or the power ended there.
 */
import { crc32 } from 'node:zlib';
import { messageBytesMax } from './limits.ts';

/** What a segment says of itself. */
export interface SegmentHeader {
  /** Drawn by chance when a channel is opened for the first time: numbers of segments are unique within a stream. */
  readonly stream: Uint8Array;
  /** Messages of the channel that were dropped before this segment, since the stream began. */
  readonly dropped: number;
  readonly maxAgeSeconds: number;
}

/** One message as it lies in a segment. */
export interface SegmentRecord {
  /** Milliseconds since the epoch as the device believed when it was written. */
  readonly at: number;
  readonly message: Uint8Array;
}

export const headerBytes = 24;
export const recordHeaderBytes = 16;
export const streamBytes = 8;
const magic = 0x31424f46;
const u32Max = 2 ** 32 - 1;

/** The header's bytes. */
export function encodeHeader({ stream, dropped, maxAgeSeconds }: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  bytes.set(stream.subarray(0, streamBytes), 4);
  view.setUint32(12, Math.min(dropped, u32Max), true);
  view.setUint32(16, Math.min(maxAgeSeconds, u32Max), true);
  view.setUint32(20, crc32(bytes.subarray(0, 20)), true);
  return bytes;
}

/** Undefined where the bytes begin with no header. */
export function decodeHeader(bytes: Uint8Array): SegmentHeader | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  if (view.getUint32(0, true) !== magic || view.getUint32(20, true) !== crc32(bytes.subarray(0, 20))) return undefined;
  const stream = bytes.slice(4, 4 + streamBytes);
  return { stream, dropped: view.getUint32(12, true), maxAgeSeconds: view.getUint32(16, true) };
}

function checksum(head: Uint8Array, message: Uint8Array): number {
  return crc32(message, crc32(head.subarray(0, 12)));
}

/** A record's bytes. */
export function encodeRecord({ at, message }: SegmentRecord): Uint8Array {
  const bytes = new Uint8Array(recordHeaderBytes + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, message.length, true);
  view.setFloat64(4, at, true);
  view.setUint32(12, checksum(bytes, message), true);
  bytes.set(message, recordHeaderBytes);
  return bytes;
}

/** The record that begins at `offset`: whole, or how many bytes it needs in all, or broken. */
export type DecodedRecord =
  | { readonly kind: 'record'; readonly record: SegmentRecord; readonly end: number }
  | { readonly kind: 'short'; readonly bytes: number }
  | { readonly kind: 'broken' };

/** Reads one record; its message is a view of `bytes`. */
export function decodeRecord(bytes: Uint8Array, offset: number): DecodedRecord {
  if (bytes.length - offset < recordHeaderBytes) return { kind: 'short', bytes: recordHeaderBytes };
  const head = bytes.subarray(offset, offset + recordHeaderBytes);
  const view = new DataView(head.buffer, head.byteOffset, recordHeaderBytes);
  const length = view.getUint32(0, true);
  const at = view.getFloat64(4, true);
  if (length > messageBytesMax || !Number.isSafeInteger(at)) return { kind: 'broken' };
  const end = offset + recordHeaderBytes + length;
  if (end > bytes.length) return { kind: 'short', bytes: recordHeaderBytes + length };
  const message = bytes.subarray(offset + recordHeaderBytes, end);
  if (view.getUint32(12, true) !== checksum(head, message)) return { kind: 'broken' };
  return { kind: 'record', record: { at, message }, end };
}
