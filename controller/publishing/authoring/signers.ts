import type { Root, Targets } from '@tufjs/models';
import type { PrivateKey } from '../../../artifact/trust/keys.ts';
import type { MetadataFile } from '../../../artifact/trust/tuf/metadata.ts';
import { readRoot, rootDelegation } from '../../../artifact/trust/tuf/root.ts';
import type { Delegation } from '../../../artifact/trust/tuf/signatures.ts';
import { delegationOf, readTargets } from '../../../artifact/trust/tuf/targets.ts';
import { roleFile, rootFile, rootVersionOf, targetsFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { offlineKeys } from './key-files.ts';
import { hasTrustedRoot } from './standing.ts';
import { listWorkFolder, readMetadataFile, type WorkTree } from './work-tree.ts';

/** A metadata file of the work tree that people sign, who may sign it, and which of their keys are on this machine. */
export interface SignableFile {
  /** `root`, `targets` or an application's name. */
  readonly role: string;
  readonly path: string;
  readonly file: MetadataFile<Root | Targets>;
  readonly delegation: Delegation;
  readonly signers: readonly PrivateKey[];
}

/** The newest root, the targets metadata and every delegated role that exists, in this order. */
export function signableFiles(tree: WorkTree): SignableFile[] {
  const keys = offlineKeys(tree);
  const signable = (role: string, path: string, file: SignableFile['file'], delegation: Delegation): SignableFile => {
    const signers = keys.filter(({ keyId }) => delegation.role.keyIDs.includes(keyId));
    return { role, path, file, delegation, signers };
  };
  const version = Math.max(...listWorkFolder(tree, 'trust').map((name) => rootVersionOf(`trust/${name}`) ?? 0), 0);
  const root = readRoot(required(tree, rootFile(Math.max(version, 1))));
  const targets = readTargets(required(tree, targetsFile), 'targets');
  const roles = Object.keys(targets.signed.delegations?.roles ?? {}).flatMap((name) => {
    const bytes = readMetadataFile(tree, roleFile(name));
    if (bytes === undefined) return [];
    return [signable(name, roleFile(name), readTargets(bytes, name), delegationOf(targets.signed, name)!)];
  });
  return [
    signable('root', rootFile(root.signed.version), root, rootDelegation(root.signed, 'root')),
    signable('targets', targetsFile, targets, rootDelegation(root.signed, 'targets')),
    ...roles,
  ];
}

/** The keys on this machine that may sign an application's role, even before its metadata exists. */
export function roleSigners(tree: WorkTree, name: string): PrivateKey[] {
  const { signed } = readTargets(required(tree, targetsFile), 'targets');
  const keyIds = delegationOf(signed, name)?.role.keyIDs ?? [];
  return offlineKeys(tree).filter(({ keyId }) => keyIds.includes(keyId));
}

function required(tree: WorkTree, path: string): Uint8Array {
  const bytes = readMetadataFile(tree, path);
  if (bytes === undefined) {
    const wasThere = hasTrustedRoot(tree) || listWorkFolder(tree, 'trust').length > 0;
    const remedy = wasThere ? 'there was one: restore trust/ with git' : '`fleet keys init` makes it';
    throw new AuthoringError('TRUST_MISSING', `${path} does not exist; ${remedy}`);
  }
  return bytes;
}
