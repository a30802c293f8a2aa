import type { AuditHead } from '../../schemas/audit-chain.ts';
import type { RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { Counted } from '../planning/rollout/begin.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { ChannelMarks, DeviceRecord, DocumentRoom, Documents, Owed } from './records.ts';

/** What is remembered, as whoever decides sees it. */
export interface Known {
  device(name: string): DeviceRecord;
  /** Throws where nobody brought it. */
  document<R extends DocumentRoom>(room: R, name: string): Documents[R] | undefined;
  /** Up to where the shore has what its channels had to say. */
  marks(name: string): ChannelMarks;
  owed(kind: Owed['kind'], subject: string): Owed | undefined;
  /** Where a fleet with waves is. */
  rollout(fleet: string): Rollout | undefined;
  /** What a fleet with waves ran well last. */
  goodDefinition(fleet: string): FleetDefinition | undefined;
  finishedRollouts(fleet: string): readonly FinishedRollout[];
  /** Fleets that have any. */
  readonly finishedFleets: readonly string[];
  /** The highest that a fleet counted whose rollouts are not remembered. */
  readonly forgotten: Required<Counted>;
  /** Where the audit ends. */
  readonly auditHead: AuditHead;
  readonly revision: RevisionStatus | undefined;
  readonly source: SourceStatus | undefined;
}
