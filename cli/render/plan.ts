/** A plan: what a revision would change, worked out, with all that its forms show. */

import type { RevisionChange } from '../../controller/planning/compare.ts';
import type { PolicyJudgement } from '../../controller/planning/policy-judgement.ts';
import type { WholeFetches } from '../../controller/planning/whole-fetches.ts';
import type { Price } from '../../controller/publishing/fetch-price.ts';
import type { DeviceStatus, PlannedTransfer, Problem, RevisionStatus } from '../../schemas/generated/types.ts';

/** One side of the comparison. */
export interface PlanSide {
  /** `working tree of DIR`, or why it was chosen. */
  readonly name: string;
  readonly commit?: RevisionStatus;
}

/** What the controller tells of the devices that a plan touches. */
export interface KnownDevices {
  readonly asOf: string;
  readonly devices: readonly DeviceStatus[];
}

/** What a revision would change. */
export interface Plan {
  /** Of the program that planned. */
  readonly fleetVersion: string;
  readonly base: PlanSide;
  readonly next: PlanSide;
  readonly change: RevisionChange;
  /** By device; only of devices that get a deployment. */
  readonly prices: ReadonlyMap<string, readonly Price[]>;
  /** Updates that have no delta, where that is known for certain. */
  readonly whole: readonly WholeFetches[];
  /** Over the links of sites that tell of them. */
  readonly transfers: readonly PlannedTransfer[];
  /** Undefined when the controller was not asked, or did not answer; `unknownBecause` says why. */
  readonly known?: KnownDevices;
  readonly unknownBecause?: string;
  /** Limits of policies that it is over: for which the controller would refuse it, and for which a commit says why. */
  readonly policy: PolicyJudgement;
  /** What is most likely not meant, or not read. */
  readonly warnings: readonly Problem[];
  /** What the controller will do otherwise than the files have it. */
  readonly notes: readonly Problem[];
}
