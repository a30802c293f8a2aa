import type { Verdict } from '../courier/courier.ts';
import { envelopeDigest } from './slots.ts';
import type { Slot } from './state.ts';

/** What the engine must know of a deployment that was judged. */
export function slotOf({ deployment, envelope }: Extract<Verdict, { readonly kind: 'genuine' }>): Slot {
  const { sequence, revision, probationSeconds, windows, when, consent, links } = deployment;
  return {
    ...{ sequence, revision, probationSeconds, envelope: envelopeDigest(envelope) },
    ...(windows === undefined ? {} : { windows }),
    ...(when === undefined ? {} : { when }),
    ...(consent === undefined ? {} : { consent }),
    ...(links === undefined ? {} : { links }),
  };
}
