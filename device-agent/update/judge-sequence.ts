import type { Problem } from '../problem.ts';
import type { Memory, Slot } from './state.ts';

/** Refuses what is not above the highest sequence ever accepted; the same again is no news. */
export function judgeSequence({ highest }: Memory, { sequence }: Slot): Problem | undefined {
  if (sequence > highest.sequence) return undefined;
  if (sequence === highest.sequence) {
    const message = `another deployment with sequence ${sequence} was accepted before`;
    return { code: 'SEQUENCE_REUSED', message, sequence };
  }
  const message = `deployment ${sequence} is older than ${highest.sequence}, which was accepted before`;
  return { code: 'SEQUENCE_REPLAYED', message, sequence };
}
