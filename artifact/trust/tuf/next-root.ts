import { isDeepStrictEqual } from 'node:util';
import type { Root } from '@tufjs/models';
import { TrustError } from '../error.ts';
import { filesOf, restore } from './restore.ts';
import { readRoot, rootDelegation } from './root.ts';
import { requireThreshold } from './signatures.ts';
import { accepted, type TrustedMetadata } from './trusted.ts';

/** Rules 5.3.4 to 5.3.11: the root after the trusted one. */
export function nextRoot(trusted: TrustedMetadata, bytes: Uint8Array): TrustedMetadata {
  const before = trusted.root.signed;
  const root = readRoot(bytes);
  const { signed } = root;
  const what = `${before.version + 1}.root.json`;
  requireThreshold(rootDelegation(before, 'root'), root, `${what}, by the keys of the root before it,`, '5.3.4');
  requireThreshold(rootDelegation(signed, 'root'), root, `${what}, by its own keys,`, '5.3.4');
  if (signed.version < before.version + 1) {
    throw new TrustError('ROLLBACK', `root.json is version ${signed.version}, ${before.version} is trusted`, '5.3.5');
  }
  if (signed.version > before.version + 1) {
    throw new TrustError('VERSION_MISMATCH', `${what} says it is version ${signed.version}`, '5.3.5');
  }
  // 5.3.11: new keys mean that the versions of old keys, however high, count no more: recovery from fast-forward attacks.
  const rotated = !sameKeys(before, signed, 'timestamp') || !sameKeys(before, signed, 'snapshot');
  const { timestamp, snapshot, ...rest } = trusted;
  const files = filesOf({ ...(rotated ? rest : trusted), root: accepted(root) });
  // Everything below is judged anew: what only a revoked key signed must go.
  return restore(files).trusted;
}

function sameKeys(one: Root, other: Root, role: 'timestamp' | 'snapshot'): boolean {
  const keysOf = (root: Root) => {
    const { keyIDs, threshold } = root.roles[role]!;
    return { keyIds: [...keyIDs].sort(), threshold };
  };
  return isDeepStrictEqual(keysOf(one), keysOf(other));
}
