import type { Problem } from '../../schemas/generated/types.ts';
import type { Catalogue } from '../manifests/desired.ts';
import type { TrustFiles } from './trust-files.ts';
import { verifyTrust } from './verify-trust.ts';

/** The releases that a revision's signed metadata names; empty, with the reasons, when it does not verify. */
export function catalogueOf(files: TrustFiles): { readonly catalogue: Catalogue; readonly problems: Problem[] } {
  const verified = verifyTrust(files);
  if ('problems' in verified) return { catalogue: new Map(), problems: [...verified.problems] };
  return { catalogue: verified.trust.releases, problems: [] };
}
