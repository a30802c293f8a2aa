import type { Snapshot, Timestamp } from '@tufjs/models';
import type { MetadataFile } from '../../artifact/trust/tuf/metadata.ts';
import type { End } from '../expiry/end.ts';

/** When something that the controller signs by itself, for so long, ends. */
export function onlineEnd(
  kind: 'snapshot' | 'timestamp',
  file: MetadataFile<Snapshot | Timestamp>,
  lifetimeMs: number,
): End {
  const expiresAt = Date.parse(file.signed.expires);
  return {
    ...{ kind, subject: `${kind}.json`, expiresAt },
    renewedAt: expiresAt - (lifetimeMs * 2) / 3,
    consequence: 'devices install nothing new',
    remedy: 'The controller renews it by itself: look for `publishing.renewal-failed` in its log',
  };
}
