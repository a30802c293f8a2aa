/** What the engine remembers of what somebody aboard said about the deployment that it is on its way to. */
import type { Consent } from '../../schemas/generated/types.ts';
import { type Memory, targetOf } from './state.ts';

/** Nobody said anything. */
export function withoutConsent(memory: Memory): Memory {
  const { consent: _consent, isConsentOver: _isOver, ...rest } = memory;
  return rest;
}

/** Somebody said this; the same memory where it is about another deployment. */
export function withConsent(memory: Memory, consent: Consent): Memory {
  return targetOf(memory.engine)?.sequence === consent.sequence ? { ...withoutConsent(memory), consent } : memory;
}

/** What was said at that time counts no longer, whatever a clock says later; the same memory where that is no news. */
export function withConsentOver(memory: Memory, at: string): Memory {
  const isNews = memory.consent?.at === at && memory.isConsentOver === undefined;
  return isNews ? { ...memory, isConsentOver: true } : memory;
}
