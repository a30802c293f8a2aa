import type { ShadowDesired } from '../../schemas/generated/types.ts';
import type { Slots } from './slots.ts';
import type { Memory } from './state.ts';

/** As the shadow's schema has it: a longer envelope travels by digest, which takes no more than to say that it is known. */
const inlineBytesMax = 4096;

/**
 * What the shadow held when the newest deployment was accepted. Whoever knows that after a start does not hear the envelope again; where
 * it is another by now, its sum is another too.
 */
export function knownDesired({ highest }: Memory, slots: Pick<Slots, 'envelope'>): ShadowDesired | undefined {
  if (highest.sequence === 0) return undefined;
  const envelope = slots.envelope(highest.envelope);
  if (envelope === undefined || Buffer.byteLength(envelope) > inlineBytesMax) return undefined;
  return { sequence: highest.sequence, envelope };
}
