/** A tip that was held back because its branch was rewritten, and the operator's word that takes it: durable until it is in force. */
import type { RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { KeyValueStore } from '../devices/device-store.ts';

const room = 'source';
const key = 'accepted';

/** What became of an operator's wish to take a tip that was held back. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly revision: RevisionStatus }
  | { readonly kind: 'not-held'; readonly message: string };

/** Accepts the tip that is held back, named by its id or the beginning of it. */
export function acceptTip(values: KeyValueStore, source: SourceStatus, name: string): Acceptance {
  const { tip, revision, problems, branch } = source;
  const refuse = (message: string): Acceptance => ({ kind: 'not-held', message });
  if (tip === undefined || tip.id === revision?.id) return refuse(`no commit of ${branch} is held back`);
  if (!tip.id.startsWith(name)) return refuse(`held back is ${tip.id} "${tip.subject}", not ${name}`);
  if (problems.length > 0) return refuse(`${tip.id} is refused for its files, not for where it comes from; mend them`);
  values.set(room, key, new TextEncoder().encode(tip.id));
  return { kind: 'accepted', revision: tip };
}

/** The commit that was accepted and is not in force yet. */
export function acceptedTip(values: KeyValueStore): string | undefined {
  const kept = values.get(room, key);
  return kept === undefined ? undefined : new TextDecoder().decode(kept);
}

/** An acceptance counts once: the branch may be set back to the same commit later. */
export function forgetAcceptance(values: KeyValueStore): void {
  values.delete(room, key);
}
