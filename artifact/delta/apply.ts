import { unpackBrotli } from './brotli.ts';
import { decodeDifference } from './difference/code.ts';
import { DeltaError } from './error.ts';
import { type DeltaHeader, readHeader, sha256, startsWith } from './format.ts';
import { type DeltaLimits, deltaLimits, fixedWork, wholeWorkMax, workMax } from './limits.ts';
import { decodeLight, decodeRewritten } from './module/decode.ts';
import { decodeWhole } from './whole/decode.ts';
import { unboundedWork, WorkBudget } from './work.ts';

const decode = (header: DeltaHeader, old: Uint8Array, payload: Uint8Array, work: WorkBudget): Uint8Array => {
  switch (header.method) {
    case 'same':
      return old;
    case 'brotli':
      return unpackBrotli(payload, header.newBytes);
    case 'dictionary':
      return unpackBrotli(payload, header.newBytes, old);
    case 'rewritten':
      return decodeRewritten(old, payload, header.newBytes, work);
    case 'light':
      return decodeLight(old, payload, header.newBytes, work);
    case 'difference':
      return decodeDifference(old, payload, header.newBytes, work);
    case 'whole':
      return decodeWhole(payload, header.newBytes, work);
  }
};

/**
 * The new file, from the old one and a patch. `expected` is the whole SHA-256 of the new file where the caller knows it,
 * as whoever installs the result does; without it the patch's own prefix is all that is checked.
 * What it takes is also taken from `work`, which several patches may share.
 */
export const applyDelta = (
  old: Uint8Array,
  patch: Uint8Array,
  limits: DeltaLimits = deltaLimits,
  expected?: Uint8Array,
  work: WorkBudget = unboundedWork(),
): Uint8Array => {
  const header = readHeader(patch);
  if (header.newBytes > limits.newBytesMax) {
    throw new DeltaError(
      'over-limit',
      `the new file has ${header.newBytes} bytes, at most ${limits.newBytesMax} are allowed`,
    );
  }
  if (old.length > limits.oldBytesMax) {
    throw new DeltaError(
      'over-limit',
      `the old file has ${old.length} bytes, at most ${limits.oldBytesMax} are allowed`,
    );
  }
  if (expected && (expected.length !== 32 || !startsWith(expected, header.newDigest))) {
    throw new DeltaError('wrong-result', 'the patch leads to another file than the one expected');
  }
  if (!startsWith(sha256(old), header.oldDigest)) {
    throw new DeltaError('wrong-base', 'the old file is not the one this patch was made from');
  }
  const most =
    header.method === 'whole' ? wholeWorkMax(header.newBytes) : workMax(old.length, header.newBytes, patch.length);
  const own = new WorkBudget(most, work);
  own.spend(fixedWork(old.length, header.newBytes));
  const bytes = decode(header, old, patch.subarray(header.payloadStart), own);
  const digest = sha256(bytes);
  if (bytes.length !== header.newBytes || !startsWith(digest, expected ?? header.newDigest)) {
    throw new DeltaError('wrong-result', 'the patch does not lead to the file it announces');
  }
  return bytes;
};
