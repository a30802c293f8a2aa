import type { Problem } from '../../schemas/generated/types.ts';
import type { Catalogue } from '../manifests/desired.ts';
import { judgeTrust } from './judge-trust.ts';
import type { TrustFiles } from './trust-files.ts';
import type { VerifiedTrust } from './verify-trust.ts';

/** The releases of a tree where a controller published something before, or nothing; empty, with the reasons, when it is refused. */
export interface JudgedCatalogue {
  readonly catalogue: Catalogue;
  readonly problems: readonly Problem[];
  /** What is otherwise than the tree has it, and no reason to refuse it. */
  readonly notes: readonly Problem[];
  readonly trust?: VerifiedTrust;
}

/** The releases that a revision's signed metadata names, as the controller that published `published` will judge it. */
export function catalogueOf(files: TrustFiles, published?: TrustFiles): JudgedCatalogue {
  const judged = judgeTrust(files, published);
  if (judged.kind === 'refused') return { catalogue: new Map(), problems: judged.problems, notes: [] };
  const { trust, notes } = judged;
  return { catalogue: trust.releases, problems: [], notes, trust };
}
