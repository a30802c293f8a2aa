import { Root, type Targets } from '@tufjs/models';
import { type PrivateKey, verifyBytes } from '../../../artifact/trust/keys.ts';
import { trustedKey } from '../../../artifact/trust/tuf/signatures.ts';
import { rootFile } from '../trust-files.ts';
import { type SignableFile, signableFiles } from './signers.ts';
import { type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, lifetimesDays, metadataFile, targetsOf, versionAfter } from './write-metadata.ts';

export interface SignOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Also gives what can be signed a new version that expires later. */
  readonly renew: boolean;
}

/** Where the signatures of one metadata file stand. */
export interface SigningState {
  readonly path: string;
  readonly version: number;
  readonly expires: string;
  /** Signatures that were made now. */
  readonly added: number;
  readonly signatures: number;
  readonly threshold: number;
}

/** Adds the signatures that keys on this machine can make and that are not there yet. */
export function signMetadata(tree: WorkTree, options: SignOptions): SigningState[] {
  return signableFiles(tree).map((signable) => {
    const { file, signers, delegation } = signable;
    const missing = options.renew ? signers : signers.filter((signer) => !hasSigned(signer, file));
    if (missing.length === 0) return stateOf(signable.path, file.signed, delegation, validSignatures(signable), 0);
    const signed = options.renew ? renewed(file.signed, options.now) : file.signed;
    const kept = options.renew ? new Map<string, string>() : file.signatures;
    const path = signable.role === 'root' ? rootFile(signed.version) : signable.path;
    writeWorkFile(tree, path, metadataFile(signed, missing, kept));
    const signatures = options.renew ? missing.length : validSignatures(signable) + missing.length;
    return stateOf(path, signed, delegation, signatures, missing.length);
  });
}

function stateOf(
  path: string,
  { version, expires }: Root | Targets,
  { role }: SignableFile['delegation'],
  signatures: number,
  added: number,
): SigningState {
  return { path, version, expires, added, signatures, threshold: role.threshold };
}

function hasSigned(
  { publicKey }: Pick<PrivateKey, 'publicKey'>,
  { signatures, signedBytes }: SignableFile['file'],
): boolean {
  const signature = signatures.get(publicKey.keyId);
  return signature !== undefined && verifyBytes(publicKey, signedBytes, Buffer.from(signature, 'hex'));
}

function validSignatures({ file, delegation, path }: SignableFile): number {
  return delegation.role.keyIDs.filter((keyId) => {
    const publicKey = trustedKey(delegation, keyId, path);
    return publicKey !== undefined && hasSigned({ publicKey }, file);
  }).length;
}

function renewed(signed: Root | Targets, now: number): Root | Targets {
  const isRoot = signed instanceof Root;
  const expires = expiryAfter(now, isRoot ? lifetimesDays.root : lifetimesDays.targets);
  const version = isRoot ? signed.version + 1 : versionAfter(signed.version, now);
  const json = { ...signed.toJSON(), version, expires };
  return isRoot ? Root.fromJSON(json) : targetsOf(json);
}
