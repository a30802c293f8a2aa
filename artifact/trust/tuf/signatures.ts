import type { Key } from '@tufjs/models';
import { TrustError } from '../error.ts';
import { type PublicKey, publicKeyFromHex, verifyBytes } from '../keys.ts';
import { trustLimits } from '../limits.ts';
import type { MetadataFile } from './metadata.ts';

/** Who may sign: a role, and the keys of the metadata that names it. */
export interface Delegation {
  readonly keys: Readonly<Record<string, Key>>;
  readonly role: { readonly keyIDs: readonly string[]; readonly threshold: number };
}

/** Refuses a file that fewer than the threshold of the role's keys signed. Keys that are not Ed25519 never count. */
export function requireThreshold(
  delegation: Delegation,
  file: MetadataFile<unknown>,
  what: string,
  rule: string,
): void {
  const { keyIDs, threshold } = delegation.role;
  if (keyIDs.length > trustLimits.signaturesMax || !Number.isSafeInteger(threshold)) {
    throw new TrustError(
      'MALFORMED',
      `the role that signs ${what} has ${keyIDs.length} keys and threshold ${threshold}`,
      rule,
    );
  }
  const signedBy = keyIDs.filter((keyId) => {
    const key = trustedKey(delegation, keyId, what);
    return key !== undefined && hasSigned(key, file);
  });
  if (signedBy.length < threshold) {
    throw new TrustError('THRESHOLD', `${what} is signed by ${signedBy.length} trusted keys, ${threshold} must`, rule);
  }
}

/** Whether a key signed a file; who it is was judged before. */
export function hasSigned(key: PublicKey, { signatures, signedBytes }: MetadataFile<unknown>): boolean {
  const signature = signatures.get(key.keyId);
  if (signature === undefined || !/^[0-9a-f]{128}$/.test(signature)) return false;
  return verifyBytes(key, signedBytes, Buffer.from(signature, 'hex'));
}

/** Whether as many of the role's keys as its threshold asks for signed a file. */
export function meetsThreshold(delegation: Delegation, file: MetadataFile<unknown>): boolean {
  try {
    requireThreshold(delegation, file, 'the file', '5.4');
    return true;
  } catch (error) {
    if (error instanceof TrustError) return false;
    throw error;
  }
}

/** The trusted key of that id, if it is one that can count. */
export function trustedKey({ keys }: Delegation, keyId: string, what: string): PublicKey | undefined {
  const entry = Object.hasOwn(keys, keyId) ? keys[keyId] : undefined;
  if (entry === undefined || entry.keyType !== 'ed25519' || entry.scheme !== 'ed25519') return undefined;
  const key = publicKeyFromHex(entry.keyVal.public ?? '');
  // An id is the digest of its key: one key under two ids would count twice.
  if (key !== undefined && key.keyId !== keyId) {
    throw new TrustError('MALFORMED', `${what} is signed by key ${keyId}, whose id should be ${key.keyId}`);
  }
  return key;
}
