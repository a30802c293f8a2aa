/** Who may sign deployments, in words. The targets metadata has only the digest of their file, which tells a signer nothing. */
import type { Targets } from '@tufjs/models';
import { TrustError } from '../../../artifact/trust/error.ts';
import type { PublicKey } from '../../../artifact/trust/keys.ts';
import type { TrustFiles } from '../trust-files.ts';
import { verifyDeploymentKeys } from '../verify-trust.ts';
import { AuthoringError } from './authoring-error.ts';
import { keyIdsText } from './describe-change.ts';

function entrustedText(keys: readonly PublicKey[]): string {
  return keyIdsText(keys.map(({ keyId }) => keyId));
}

/** Whom deployments are entrusted to in the place of others. */
export function newSignersText(keys: readonly PublicKey[], before: readonly PublicKey[]): string {
  return `entrusts deployments to ${entrustedText(keys)}; before: ${entrustedText(before)}`;
}

/** Whom unsigned targets metadata entrusts deployments to; their file has to be here, as it is about to be signed. */
export function deploymentSignersText(files: TrustFiles, targets: Targets): string {
  try {
    return `entrusts deployments to ${entrustedText(verifyDeploymentKeys(files, targets).keys)}`;
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const message = `who may sign deployments can't be told before it is signed: ${cause.message}. Nothing was signed`;
    throw new AuthoringError('TRUST_UNSIGNED', message, { cause });
  }
}
