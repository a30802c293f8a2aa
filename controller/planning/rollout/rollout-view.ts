/** What is known of a fleet's rollout at one moment, for who looks at it. */
import type { Reason } from '../../../schemas/generated/types.ts';
import type { WaveCounts } from './gate.ts';
import type { RolloutPolicy } from './policy.ts';
import type { Rollout } from './rollout.ts';

export interface RolloutView {
  readonly rollout: Rollout;
  readonly policy: RolloutPolicy;
  /** Of the policy's waves, in order. */
  readonly waves: readonly { readonly name: string; readonly counts: WaveCounts }[];
  /** Devices that wait until somebody lets them take modules whole. */
  readonly asking: number;
  /** What holds it, with numbers of this moment. */
  readonly verdict: Reason;
  /** When time alone changes it. */
  readonly nextAt?: number;
  /** Not so right after a start or a commit, until its devices were looked at: nothing is offered and no gate judged before. */
  readonly isCounted: boolean;
}
