import { TrustError } from './error.ts';
import { type Json, objectOf, onlyMembers, parseBoundedJson } from './json.ts';
import { type PublicKey, parsePublicKey, publicKeyPem } from './keys.ts';
import { trustLimits } from './limits.ts';

/** The path of the top-level TUF target that names the keys which may sign deployments. */
export const deploymentKeysPath = 'deployment-keys.json';

/** Reads the content of that target; the caller has checked its digest. */
export function parseDeploymentKeys(bytes: Uint8Array): readonly PublicKey[] {
  const what = deploymentKeysPath;
  const document = objectOf(parseBoundedJson(bytes, trustLimits.deploymentKeysBytesMax, what), what);
  onlyMembers(document, ['keys'], what);
  const { keys } = document;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > trustLimits.deploymentKeysMax) {
    throw new TrustError('MALFORMED', `${what} must have 1 to ${trustLimits.deploymentKeysMax} keys`);
  }
  return keys.map(readKey);
}

/** The content of that target for these keys. */
export function writeDeploymentKeys(keys: readonly PublicKey[]): Uint8Array {
  const document = { keys: keys.map((key) => ({ keyid: key.keyId, public: publicKeyPem(key) })) };
  return new Uint8Array(Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`));
}

function readKey(value: Json): PublicKey {
  const entry = objectOf(value, 'a deployment key');
  onlyMembers(entry, ['keyid', 'public'], 'a deployment key');
  if (typeof entry.public !== 'string')
    throw new TrustError('MALFORMED', 'a deployment key must have its public key as PEM');
  const key = parsePublicKey(entry.public);
  if (entry.keyid !== key.keyId) {
    throw new TrustError(
      'MALFORMED',
      `a deployment key says its id is ${JSON.stringify(entry.keyid)}; it is ${key.keyId}`,
    );
  }
  return key;
}
