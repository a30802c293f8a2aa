/** Who may sign deployments, in words. The targets metadata has only the digest of their file, which tells a signer nothing. */
import type { Targets } from '@tufjs/models';
import { TrustError } from '../../../artifact/trust/error.ts';
import type { PublicKey } from '../../../artifact/trust/keys.ts';
import type { TrustFiles } from '../trust-files.ts';
import { verifyDeploymentKeys } from '../verify-trust.ts';
import { AuthoringError } from './authoring-error.ts';

/** The keys by the beginnings of their ids. */
export function keyIdsText(keys: readonly PublicKey[]): string {
  return keys.map(({ keyId }) => keyId.slice(0, 12)).join(', ');
}

/** Whom unsigned targets metadata entrusts deployments to; their file has to be here, as it is about to be signed. */
export function deploymentSignersText(files: TrustFiles, targets: Targets): string {
  try {
    return `entrusts deployments to ${keyIdsText(verifyDeploymentKeys(files, targets).keys)}`;
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const message = `who may sign deployments can't be told before it is signed: ${cause.message}. Nothing was signed`;
    throw new AuthoringError('TRUST_UNSIGNED', message, { cause });
  }
}
