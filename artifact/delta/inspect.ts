import { DeltaError } from './error.ts';
import { type DeltaMethod, readHeader } from './format.ts';
import { PayloadReader } from './module/format.ts';

/** One part of a patch and what it costs. */
export type DeltaPart = { readonly name: string; readonly bytes: number };

/** What a patch says of itself, without the files it stands between. */
export type DeltaReport = {
  readonly method: DeltaMethod;
  readonly patchBytes: number;
  readonly newBytes: number;
  /** Prefixes of the SHA-256 of the files, in hexadecimal. */
  readonly oldDigest: string;
  readonly newDigest: string;
  readonly parts: readonly DeltaPart[];
};

// Sizes before a part are counted with it.
const partsOf = (method: DeltaMethod, payload: Uint8Array): DeltaPart[] => {
  if (method !== 'rewritten' && method !== 'light') return [{ name: method, bytes: payload.length }];
  const reader = new PayloadReader(payload);
  const left = (): number => reader.rest().length;
  reader.number();
  reader.take(reader.number());
  const afterMaps = left();
  const maps = { name: 'maps', bytes: payload.length - afterMaps };
  if (method === 'light') return [maps, { name: 'file', bytes: afterMaps }];
  for (let number = 0; number < 4; number++) reader.number();
  reader.take(reader.number());
  return [maps, { name: 'code', bytes: afterMaps - left() }, { name: 'data and the rest', bytes: left() }];
};

/** Reads what a patch is made of; it applies nothing and needs no other file. */
export const inspectDelta = (patch: Uint8Array): DeltaReport => {
  const header = readHeader(patch);
  const payload = patch.subarray(header.payloadStart);
  if (header.method === 'same' && payload.length > 0) {
    throw new DeltaError('patch-corrupt', 'bytes after the end of the patch', header.payloadStart);
  }
  return {
    method: header.method,
    patchBytes: patch.length,
    newBytes: header.newBytes,
    oldDigest: Buffer.from(header.oldDigest).toString('hex'),
    newDigest: Buffer.from(header.newDigest).toString('hex'),
    parts: [{ name: 'header', bytes: header.payloadStart }, ...partsOf(header.method, payload)],
  };
};
