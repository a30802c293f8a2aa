/**
 * Keys that a rotation here took out. What they signed, and what entrusts them, stays valid as signatures go: an older state of
 * `trust/` verifies. They are remembered beside the keys, where no commit brings them back.
 */
import { parseDeploymentKeys } from '../../../artifact/trust/deployment-keys.ts';
import { readTargets } from '../../../artifact/trust/tuf/targets.ts';
import { ifReadable } from '../if-readable.ts';
import { deploymentKeysFile, type TrustFiles, targetsFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

/** A line for each, its id. It goes where the offline keys go. */
const revokedKeysFile = '.fleet/keys/offline/revoked-keys';

function revokedKeys(tree: WorkTree): ReadonlySet<string> {
  const text = new TextDecoder().decode(readWorkFile(tree, revokedKeysFile) ?? new Uint8Array());
  return new Set(text.split('\n').filter((line) => line !== ''));
}

/** Nothing that entrusts this key is a ground to sign on from now on. */
export function rememberRevoked(tree: WorkTree, keyId: string): void {
  const known = revokedKeys(tree);
  if (known.has(keyId)) return;
  writeWorkFile(tree, revokedKeysFile, new TextEncoder().encode(`${[...known, keyId].join('\n')}\n`));
}

/** Refuses metadata that entrusts a key again which was taken out here: whoever signs on top of it would bring it back unasked. */
export function requireNoneRevoked(tree: WorkTree, files: TrustFiles): void {
  const revoked = revokedKeys(tree);
  const targets = files.get(targetsFile);
  if (revoked.size === 0 || targets === undefined) return;
  const roles = Object.entries(readTargets(targets, 'targets').signed.delegations?.roles ?? {});
  const entrusted = [
    ...roles.flatMap(([name, { keyIDs }]) => keyIDs.map((keyId) => ({ file: targetsFile, what: name, keyId }))),
    ...deploymentKeyIds(files).map((keyId) => ({ file: deploymentKeysFile, what: 'deployments', keyId })),
  ];
  const again = entrusted.find(({ keyId }) => revoked.has(keyId));
  if (again === undefined) return;
  const { file, what, keyId } = again;
  const message = `${file} entrusts ${what} to the key ${keyId.slice(0, 12)}, which \`fleet keys rotate\` took out on this machine: this is an older state of trust/, and a signature on top of it would bring that key back. Nothing was signed. Restore trust/ with git as it was after the rotation; if the rotation was given up, take the key's line out of ${revokedKeysFile}`;
  throw new AuthoringError('TRUST_REVOKED', message);
}

/** None where the file is no such file: then it entrusts nobody. */
function deploymentKeyIds(files: TrustFiles): string[] {
  const keys = ifReadable(() => parseDeploymentKeys(files.get(deploymentKeysFile) ?? new Uint8Array()));
  return (keys ?? []).map(({ keyId }) => keyId);
}
