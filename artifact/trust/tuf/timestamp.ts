import { TrustError } from '../error.ts';
import { trustLimits } from '../limits.ts';
import { readMetadata } from './metadata.ts';
import { rootDelegation } from './root.ts';
import { requireThreshold } from './signatures.ts';
import { accepted, pinOf, requireUnexpired, snapshotPin, type TrustedMetadata } from './trusted.ts';

const what = 'timestamp.json';

/**
 * Rules 5.3.10 and 5.4.2 to 5.4.4, at the time `now`. A timestamp of the version that is trusted already changes nothing:
 * the same value comes back, unless it has expired meanwhile.
 */
export function acceptTimestamp(trusted: TrustedMetadata, bytes: Uint8Array, now: number): TrustedMetadata {
  requireUnexpired(trusted.root.signed, now, 'root.json', '5.3.10');
  const timestamp = readMetadata('timestamp', bytes, trustLimits.timestampBytesMax, what);
  requireThreshold(rootDelegation(trusted.root.signed, 'timestamp'), timestamp, what, '5.4.2');
  const before = trusted.timestamp;
  if (before !== undefined && timestamp.signed.version < before.signed.version) {
    throw new TrustError(
      'ROLLBACK',
      `${what} is version ${timestamp.signed.version}, ${before.signed.version} is trusted`,
      '5.4.3.1',
    );
  }
  if (before !== undefined && timestamp.signed.version === before.signed.version) {
    requireUnexpired(before.signed, now, what, '5.4.4');
    return trusted;
  }
  const pin = pinOf(timestamp.signed.snapshotMeta, 'snapshot.json')!;
  const pinBefore = snapshotPin(trusted);
  if (pinBefore !== undefined && pin.version < pinBefore.version) {
    throw new TrustError(
      'ROLLBACK',
      `${what} names version ${pin.version} of snapshot.json, ${pinBefore.version} was named before`,
      '5.4.3.2',
    );
  }
  requireUnexpired(timestamp.signed, now, what, '5.4.4');
  return { ...trusted, timestamp: accepted(timestamp) };
}
