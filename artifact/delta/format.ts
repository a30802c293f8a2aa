import { createHash } from 'node:crypto';
import { DeltaError } from './error.ts';

/*
A patch, byte by byte:

  offset  bytes  what
  0       1      0xDE, the magic number
  1       1      format version in the high half (1), method in the low half
  2       1–5    size of the new file, unsigned LEB128
  .       4      first bytes of the SHA-256 of the old file
  .       6      first bytes of the SHA-256 of the new file
  .       rest   the payload, as the method says; it ends where the patch ends

  method          payload
  0 same          none: new is old
  1 brotli        the new file, a brotli stream
  2 dictionary    the new file, a brotli stream with the old file as dictionary
  3 difference    see difference/code.ts: the new file, coded against the old one
  4 rewritten     see module/format.ts: maps, then the new file, coded against the rewritten old module
  5 light         see module/format.ts: maps, then a brotli stream with the rewritten old module as dictionary
  6 whole         see whole/codec.ts: the new file by the form that a module has; the old file is of no account

The digests are prefixes because a patch of a small change is a few hundred bytes and its reader already knows the whole
digests: the index names both files, and what the new file must be comes from signed metadata. The prefix of the old
digest tells a wrong base before any work; that of the new one catches damage on the way (a miss once in 2^48). Whoever
installs the result passes the whole expected digest to `applyDelta`, and nothing that does not match it comes back.
*/

const magic = 0xde;
const version = 1;
const oldDigestBytes = 4;
const newDigestBytes = 6;

/** How the payload of a patch is coded, in the order of the numbers that stand for it. */
export const deltaMethods = ['same', 'brotli', 'dictionary', 'difference', 'rewritten', 'light', 'whole'] as const;

/** One of the ways in which a payload is coded. */
export type DeltaMethod = (typeof deltaMethods)[number];

/** What stands before the payload of a patch. */
export type DeltaHeader = {
  readonly method: DeltaMethod;
  readonly newBytes: number;
  readonly oldDigest: Uint8Array;
  readonly newDigest: Uint8Array;
  /** Where the payload starts. */
  readonly payloadStart: number;
};

/** The whole SHA-256 of some bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** The header of a patch that turns the file with one digest into the file with the other. */
export const writeHeader = (
  method: DeltaMethod,
  newBytes: number,
  oldDigest: Uint8Array,
  newDigest: Uint8Array,
): Uint8Array => {
  const out = [magic, (version << 4) | deltaMethods.indexOf(method)];
  let rest = newBytes;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest, ...oldDigest.subarray(0, oldDigestBytes), ...newDigest.subarray(0, newDigestBytes));
  return Uint8Array.from(out);
};

/** Reads the header of a patch and throws where it is none. */
export const readHeader = (patch: Uint8Array): DeltaHeader => {
  if (patch[0] !== magic) throw new DeltaError('patch-corrupt', 'not a delta patch', 0);
  const kind = patch[1];
  if (kind === undefined) throw new DeltaError('patch-corrupt', 'the patch ends within its header', 1);
  if (kind >> 4 !== version)
    throw new DeltaError('patch-unknown', `patch format ${kind >> 4}, this reads ${version}`, 1);
  const method = deltaMethods[kind & 15];
  if (method === undefined) throw new DeltaError('patch-unknown', `unknown delta method ${kind & 15}`, 1);
  let newBytes = 0;
  let at = 2;
  for (let scale = 1; ; scale *= 128, at++) {
    const byte = patch[at];
    if (byte === undefined) throw new DeltaError('patch-corrupt', 'the patch ends within its header', at);
    if (at > 6) throw new DeltaError('patch-corrupt', 'the size of the new file takes more than five bytes', at);
    newBytes += (byte & 127) * scale;
    if (byte < 128) break;
  }
  at++;
  const payloadStart = at + oldDigestBytes + newDigestBytes;
  if (patch.length < payloadStart) {
    throw new DeltaError('patch-corrupt', 'the patch ends within its header', patch.length);
  }
  const oldDigest = patch.subarray(at, at + oldDigestBytes);
  const newDigest = patch.subarray(at + oldDigestBytes, payloadStart);
  return { method, newBytes, oldDigest, newDigest, payloadStart };
};

/** Whether a whole digest starts with the prefix that a header carries. */
export const startsWith = (digest: Uint8Array, prefix: Uint8Array): boolean =>
  prefix.every((byte, index) => digest[index] === byte);
