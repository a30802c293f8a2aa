/** A tip that is held back because its branch was rewritten, and the operator's word that takes it. */
import type { RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';

/** What becomes of an operator's wish to take a tip that is held back. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly revision: RevisionStatus }
  | { readonly kind: 'not-held'; readonly message: string };

/** Judges the wish; `name` is the id of the tip or the beginning of it. */
export function judgeAcceptance({ tip, revision, problems, branch }: SourceStatus, name: string): Acceptance {
  const refuse = (message: string): Acceptance => ({ kind: 'not-held', message });
  if (tip === undefined || tip.id === revision?.id) return refuse(`no commit of ${branch} is held back`);
  if (!tip.id.startsWith(name)) return refuse(`held back is ${tip.id} "${tip.subject}", not ${name}`);
  if (problems.length > 0) return refuse(`${tip.id} is refused for its files, not for where it comes from; mend them`);
  return { kind: 'accepted', revision: tip };
}
