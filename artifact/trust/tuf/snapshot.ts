import type { Snapshot } from '@tufjs/models';
import { TrustError } from '../error.ts';
import { trustLimits } from '../limits.ts';
import { readMetadata } from './metadata.ts';
import { rootDelegation } from './root.ts';
import { requireThreshold } from './signatures.ts';
import {
  accepted,
  pinOf,
  requirePinned,
  requireUnexpired,
  requireVersion,
  snapshotPin,
  type TrustedMetadata,
} from './trusted.ts';

const what = 'snapshot.json';

/** Rules 5.5.2 to 5.5.6, at the time `now`: the snapshot that the trusted timestamp names. */
export function acceptSnapshot(trusted: TrustedMetadata, bytes: Uint8Array, now: number): TrustedMetadata {
  const pin = snapshotPin(trusted);
  if (pin === undefined) throw new TrustError('METADATA_MISSING', `${what} cannot be judged without a timestamp`);
  requirePinned(bytes, pin, what, '5.5.2');
  const snapshot = readMetadata('snapshot', bytes, trustLimits.snapshotBytesMax, what);
  requireThreshold(rootDelegation(trusted.root.signed, 'snapshot'), snapshot, what, '5.5.3');
  requireVersion(snapshot.signed.version, pin, what, '5.5.4');
  if (trusted.snapshot !== undefined) requireNoRollback(trusted.snapshot.signed, snapshot.signed);
  requireUnexpired(snapshot.signed, now, what, '5.5.6');
  return { ...trusted, snapshot: accepted(snapshot) };
}

function requireNoRollback(before: Snapshot, after: Snapshot): void {
  for (const [file, meta] of Object.entries(before.meta)) {
    const pin = Object.hasOwn(after.meta, file) ? pinOf(after.meta[file], file) : undefined;
    if (pin === undefined) throw new TrustError('ROLLBACK', `${what} no longer names ${file}`, '5.5.5');
    if (pin.version < meta.version) {
      throw new TrustError(
        'ROLLBACK',
        `${what} names version ${pin.version} of ${file}, ${meta.version} is trusted`,
        '5.5.5',
      );
    }
  }
}
