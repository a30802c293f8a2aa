import type { ExpectedContact } from '../../schemas/generated/types.ts';
import { expectContact } from './contact-history.ts';
import { momentOf } from './moments.ts';
import type { ObservedDevice } from './observed.ts';

/**
 * When a device that was heard last at `since` will be heard, by the silences it had; undefined of one that is connected, or of which
 * nobody knows how long it has been silent.
 */
export function expectedContact(
  { connected, silences: history = '' }: Pick<ObservedDevice, 'connected' | 'silences'>,
  since: number | undefined,
  now: number,
): ExpectedContact | undefined {
  if (connected === true || since === undefined) return undefined;
  const expectation = expectContact(history, since, now);
  const { kind, silences } = expectation;
  if (expectation.kind === 'no-basis') return { kind, silences };
  const usual = { kind, silences, usualSeconds: Math.round(expectation.usualMs / 1000) };
  if (expectation.kind === 'overdue') return usual;
  const { byMs, surelyByMs } = expectation;
  const surely = surelyByMs === undefined ? {} : { surelyBy: momentOf(surelyByMs) };
  return { ...usual, by: momentOf(byMs), ...surely };
}
