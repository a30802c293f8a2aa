/** The newest versions that were published, which are known also where the files can't be read any more. Pure. */
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { Pins } from './online-memory.ts';
import { travellingForm } from './travelling-form.ts';
import { signedFile, type TrustFiles } from './trust-files.ts';
import { targetsFiles, type VerifiedTrust } from './verify-trust.ts';

/** Refuses to go back behind what was published and can't be read any more: devices would refuse it, and nothing would tell why. */
export function judgeLost(trust: VerifiedTrust, newest: Pins, readable: TrustFiles): Problem[] {
  return targetsFiles(trust).flatMap(([name, { signed, bytes }]) => {
    const file = signedFile(name);
    const before = newest.get(`${name}.json`);
    if (before === undefined || readable.has(file) || signed.version > before.version) return [];
    const lost = `version ${before.version} was published, and what is left of it can't be read`;
    if (signed.version < before.version) {
      const message = `${lost}; the tree brings version ${signed.version}, which devices refuse. Bring ${file} of version ${before.version} back from the branch's history, or sign one above it: \`fleet release sign --renew\` with the name of the role`;
      return [{ file, code: 'TRUST_ROLLBACK', message }];
    }
    if (before.sha256 === sha256Hex(travellingForm(bytes))) return [];
    const message = `${lost}; the tree brings another content under this version. A change needs a version of its own: \`fleet release sign --renew\` with the name of the role gives it one`;
    return [{ file, code: 'TRUST_VERSION_REUSED', message }];
  });
}
