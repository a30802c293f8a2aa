import type { Problem } from '../../schemas/generated/types.ts';
import type { Catalogue } from '../manifests/desired.ts';
import { expiryNotes } from './expiry-notes.ts';
import { judgeTrust } from './judge-trust.ts';
import { judgeReleaseNames, withReleases } from './release-names.ts';
import type { TrustFiles } from './trust-files.ts';

/** The releases of a tree where a controller published something before, or nothing; empty, with the reasons, when it is refused. */
export interface JudgedCatalogue {
  readonly catalogue: Catalogue;
  readonly problems: readonly Problem[];
  /** What is otherwise than the tree has it, and no reason to refuse it. */
  readonly notes: readonly Problem[];
}

/**
 * The releases that a revision's signed metadata names, as the controller that published `published` will judge it. At the time
 * `now`, the notes also tell what comes to its end. Releases `inForce` before mean what they meant, whatever the controller tells.
 */
export function catalogueOf(
  files: TrustFiles,
  published?: TrustFiles,
  now?: number,
  inForce: Catalogue = new Map(),
): JudgedCatalogue {
  const judged = judgeTrust(files, published);
  if (judged.kind === 'refused') return { catalogue: new Map(), problems: judged.problems, notes: [] };
  const { trust, notes } = judged;
  const reused = judgeReleaseNames(trust.releases, withReleases(new Map(), inForce));
  if (reused.length > 0) return { catalogue: new Map(), problems: reused, notes: [] };
  const ends = now === undefined ? [] : expiryNotes(trust, now);
  return { catalogue: trust.releases, problems: [], notes: [...notes, ...ends] };
}
