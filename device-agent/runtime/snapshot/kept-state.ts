import type { DeployedApplication } from '../../../schemas/generated/types.ts';

/** Whether the state of an application's instance is carried over to the one that comes after it. */
export function hasKeptState({ events, handover }: Pick<DeployedApplication, 'events' | 'handover'>): boolean {
  return events?.instance === 'kept' && (events.snapshots !== undefined || handover !== undefined);
}

/** The release in whose place an application runs, and the deployment that brought it there. */
export interface Predecessor {
  /** Of its module. */
  readonly sha256: string;
  readonly sequence: number;
}

/** What an instance goes on from. */
export interface KeptState {
  /** A snapshot, or what the module's own export has written. */
  readonly kind: 'snapshot' | 'exported';
  readonly length: number;
  /** Its bytes, which may be hundreds of megabytes, a piece at a time; throws a DiskError. */
  readonly pieces: () => Iterable<Uint8Array>;
  /** It is that of the release before it: where it does not fit, nothing begins afresh. */
  readonly isTakenOver: boolean;
}
