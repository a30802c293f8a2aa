import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { statesWorstFirst } from '../planning/tally.ts';

/** One device, as far as it counts. */
export interface Row {
  readonly state: DeviceStatus['state'];
  readonly connected: boolean | undefined;
  /** Its manifest holds it now. */
  readonly isHeld: boolean;
  readonly fleet: string | undefined;
  readonly site: string | undefined;
  /** Of its fleet's rollout. */
  readonly wave: string | undefined;
  /** Releases that it reported last, each `NAME/VERSION` and a space. */
  readonly runs: string | undefined;
  /** When it was last heard. */
  readonly contactAt: number | undefined;
  /** The number of the change that made it. */
  readonly changeId: number;
}

/** States that deserve attention, the most urgent first. */
export const attentionStates = statesWorstFirst.filter((state) => state !== 'running' && state !== 'removed');
