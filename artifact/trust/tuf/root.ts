import type { Root } from '@tufjs/models';
import { TrustError } from '../error.ts';
import { trustLimits } from '../limits.ts';
import { type MetadataFile, readMetadata } from './metadata.ts';
import { type Delegation, requireThreshold } from './signatures.ts';
import { accepted, type TrustedMetadata } from './trusted.ts';

/** Rule 5.2: begins with a root that is trusted because of how it came here. It must at least be signed by itself. */
export function trustRoot(bytes: Uint8Array): TrustedMetadata {
  const root = readRoot(bytes);
  requireThreshold(rootDelegation(root.signed, 'root'), root, 'the trusted root.json', '5.2');
  return { root: accepted(root), roles: new Map() };
}

/** Who may sign a top-level role, by a root. */
export function rootDelegation(root: Root, role: 'root' | 'timestamp' | 'snapshot' | 'targets'): Delegation {
  return { keys: root.keys, role: root.roles[role]! };
}

/** Reads a root that is not judged yet. */
export function readRoot(bytes: Uint8Array): MetadataFile<Root> {
  const root = readMetadata('root', bytes, trustLimits.rootBytesMax, 'root.json');
  if (!root.signed.consistentSnapshot) {
    throw new TrustError('MALFORMED', 'root.json: consistent_snapshot must be true');
  }
  return root;
}
