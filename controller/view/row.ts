import type { DeviceStatus } from '../../schemas/generated/types.ts';

/** One device, as far as it counts. */
export interface Row {
  readonly state: DeviceStatus['state'];
  readonly connected: boolean | undefined;
  readonly fleet: string | undefined;
  readonly site: string | undefined;
  /** When it was last heard. */
  readonly contactAt: number | undefined;
  /** The number of the change that made it. */
  readonly changeId: number;
}

/** Whether it deserves no attention. */
export function isWell({ state }: Row): boolean {
  return state === 'running' || state === 'removed';
}
