import type { Targets } from '@tufjs/models';
import { TrustError } from '../error.ts';
import { trustLimits } from '../limits.ts';
import { type MetadataFile, readMetadata } from './metadata.ts';
import { rootDelegation, trustRoot } from './root.ts';
import { requireThreshold } from './signatures.ts';
import { readTargets, signersOf } from './targets.ts';
import { accepted, type TrustedMetadata } from './trusted.ts';

/** The files to persist, by name: `root.json`, `timestamp.json`, `snapshot.json`, `targets.json`, `roles/NAME.json`. */
export function filesOf(trusted: TrustedMetadata): ReadonlyMap<string, Uint8Array> {
  const files = new Map([['root.json', trusted.root.bytes]]);
  if (trusted.timestamp !== undefined) files.set('timestamp.json', trusted.timestamp.bytes);
  if (trusted.snapshot !== undefined) files.set('snapshot.json', trusted.snapshot.bytes);
  if (trusted.targets !== undefined) files.set('targets.json', trusted.targets.bytes);
  for (const [name, { bytes }] of trusted.roles) files.set(`roles/${name}.json`, bytes);
  return files;
}

/** What `restore` made of persisted files. */
export interface Restored {
  readonly trusted: TrustedMetadata;
  /** Names of files that no longer verify; they are fetched again. */
  readonly dropped: readonly string[];
}

/**
 * Rebuilds the trusted metadata from persisted files, signatures checked anew. Expiry does not matter here: it stops new
 * installs (`requireFresh`), never what runs. Files from before and after a cut may be mixed; what does not verify is
 * dropped, but a root that does not verify throws.
 */
export function restore(files: ReadonlyMap<string, Uint8Array>): Restored {
  const root = files.get('root.json');
  if (root === undefined) throw new TrustError('METADATA_MISSING', 'there is no root.json to begin with');
  let trusted = trustRoot(root);
  const dropped: string[] = [];
  const attempt = (name: string, load: (bytes: Uint8Array) => TrustedMetadata) => {
    const bytes = files.get(name);
    if (bytes === undefined) return;
    try {
      trusted = load(bytes);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      dropped.push(name);
    }
  };
  attempt('timestamp.json', (bytes) => {
    const timestamp = readMetadata('timestamp', bytes, trustLimits.timestampBytesMax, 'timestamp.json');
    requireThreshold(rootDelegation(trusted.root.signed, 'timestamp'), timestamp, 'timestamp.json', '5.4.2');
    return { ...trusted, timestamp: accepted(timestamp) };
  });
  attempt('snapshot.json', (bytes) => {
    const snapshot = readMetadata('snapshot', bytes, trustLimits.snapshotBytesMax, 'snapshot.json');
    requireThreshold(rootDelegation(trusted.root.signed, 'snapshot'), snapshot, 'snapshot.json', '5.5.3');
    return { ...trusted, snapshot: accepted(snapshot) };
  });
  attempt('targets.json', (bytes) => ({ ...trusted, targets: accepted(signedTargets(trusted, 'targets', bytes)) }));
  for (const name of files.keys()) {
    const role = /^roles\/(.+)\.json$/.exec(name)?.[1];
    if (role === undefined) continue;
    attempt(name, (bytes) => {
      const roles = new Map(trusted.roles).set(role, accepted(signedTargets(trusted, role, bytes)));
      return { ...trusted, roles };
    });
  }
  return { trusted, dropped };
}

function signedTargets(trusted: TrustedMetadata, name: string, bytes: Uint8Array): MetadataFile<Targets> {
  const signers = signersOf(trusted, name);
  const file = readTargets(bytes, name);
  requireThreshold(signers, file, `${name}.json`, '5.6.3');
  return file;
}
