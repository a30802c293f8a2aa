import type { Consent } from './generated/types.ts';

/** `mate said no to deployment 5 until …: pilot aboard`. */
export function consentWords({ sequence, answer, by, reason, until }: Consent): string {
  const end = until === undefined ? '' : ` until ${until}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${by} said ${answer === 'granted' ? 'yes' : 'no'} to deployment ${sequence}${end}${why}`;
}
