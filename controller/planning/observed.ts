/** What is known of one device, as planning sees it. Times in milliseconds since the epoch. */
import type { ApplicationReference, DeploymentReference, DeviceEvent, Report } from '../../schemas/generated/types.ts';

/** The newest deployment that was signed for a device. */
export interface IssuedDeployment {
  readonly sequence: number;
  readonly revision: string;
  readonly issuedAt: number;
  /** `DeviceTemplate.hash` of what it asks for. */
  readonly templateHash: string;
  readonly applications: readonly ApplicationReference[];
  /** The id of the deployment key that signed it; absent where that was not written down. */
  readonly signedBy?: string;
}

export interface ObservedDevice {
  readonly issued?: IssuedDeployment;
  readonly report?: Report;
  /** When the controller last heard it, by its own clock. */
  readonly contactAt?: number;
  /** Absent when the broker does not tell. */
  readonly connected?: boolean;
  /** Newest first, bounded. */
  readonly events: readonly DeviceEvent[];
}

/** Whether a device speaks of this very deployment: after a lost database a sequence alone may mean another one. */
export function isReference(reference: DeploymentReference | undefined, issued: IssuedDeployment): boolean {
  return reference?.sequence === issued.sequence && reference.revision === issued.revision;
}
