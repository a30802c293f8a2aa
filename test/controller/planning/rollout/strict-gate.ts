import type { Wave } from '../../../../controller/planning/rollout/policy.ts';
import { minuteMs } from './world.ts';

const one = { kind: 'count', count: 1 } as const;

/** A gate that wants all devices of its wave, one of them at least, waits so long for those that are dark, and lets none fail. */
export function strictGate(minutes = 1): Wave['gate'] {
  return { successPercent: 100, patienceMs: minutes * minuteMs, contacts: one, failures: one };
}
