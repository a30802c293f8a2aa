/** What is known of one device, as planning sees it. Times in milliseconds since the epoch. */
import type {
  ApplicationReference,
  ApplicationReport,
  DeploymentReference,
  DeviceEvent,
  Report,
} from '../../schemas/generated/types.ts';

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
  /** The fleet that selected the device then; absent where none did. */
  readonly fleet?: string;
  /** The hash of the fleet definition that it was drawn by; absent where its fleet has no waves. */
  readonly definition?: string;
  /** `workOf` of what it asks for; absent where that was not written down. */
  readonly work?: string;
  /** By the definition of its fleet that it had before, with all that ran well going on untouched: nobody has to do without the device. */
  readonly goesOn?: true;
  /** It may take modules whole by it, since somebody let it. */
  readonly mayGoWhole?: true;
  /** Of the rollout that it belongs to, as it was issued. */
  readonly retries?: number;
}

/** What a device said last and was not believed: it proves no health. */
export interface DroppedReport {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

/** Connections that took the place of one that was still open, or boots that took turns: two machines under one name. */
export interface Takeovers {
  /** Since `since`, without a pause of an hour. */
  readonly count: number;
  readonly since: number;
  readonly at: number;
  /** Of those that took turns, where the broker knows them. */
  readonly addresses: readonly string[];
}

/** That a report was brought by hand. */
export interface CarriedReport {
  readonly at: number;
  readonly by: string;
}

/** From so many takeovers without a pause on, it is no accident. */
export const takeoversSuspect = 3;

/** Something that has to be done for the device and failed so far. */
export interface Unsettled {
  readonly kind: 'issue' | 'deliver';
  readonly since: number;
  readonly attempts: number;
  readonly failure: string;
}

/** What of a report is decided and counted by. Of its applications those that do badly are enough. */
export type ReportGist = Pick<
  Report,
  | 'phase'
  | 'since'
  | 'highestSequence'
  | 'running'
  | 'target'
  | 'problem'
  | 'waiting'
  | 'applications'
  | 'asks'
  | 'answers'
>;

/** Whether an application does badly. */
export function isFailing({ state, flapping }: ApplicationReport): boolean {
  return state === 'failed' || state === 'backoff' || flapping === true;
}

export interface ObservedDevice {
  readonly issued?: IssuedDeployment;
  /** Its newest, if the key that git names now made it. */
  readonly report?: ReportGist;
  /** It said how it is by another key, and nothing yet by the one that git names now. */
  readonly isKeyNew?: true;
  /** Releases that it runs by that, each `NAME/VERSION` and a space. */
  readonly runs?: string;
  /** When the controller last heard it, by its own clock. */
  readonly contactAt?: number;
  /** How long it used to be silent: `contact-history.ts`. */
  readonly silences?: string;
  /** Absent when the broker does not tell. */
  readonly connected?: boolean;
  /** Since when it is connected, or is not; absent when that began before this controller did. */
  readonly linkSince?: number;
  /** Where its newest connection came from; absent when that began before this controller did. */
  readonly address?: string;
  readonly dropped?: DroppedReport;
  readonly carried?: CarriedReport;
  readonly takeovers?: Takeovers;
  /** When its newest deployment was taken out of its shadow, as it was held before it took it. */
  readonly withheldAt?: number;
  readonly contradictions?: { readonly count: number; readonly at: number };
  readonly unsettled?: Unsettled;
}

/** A device with all that is known of it, as it is shown alone. */
export interface DescribedDevice extends ObservedDevice {
  readonly report?: Report;
  /** Newest first, bounded. */
  readonly events: readonly DeviceEvent[];
}

/** Whether a device speaks of this very deployment: after a lost database a sequence alone may mean another one. */
export function isReference(reference: DeploymentReference | undefined, issued: IssuedDeployment): boolean {
  return reference?.sequence === issued.sequence && reference.revision === issued.revision;
}

/** Whether a device has come to this deployment and stays at it. */
export function staysAt(report: ReportGist | undefined, issued: IssuedDeployment): boolean {
  return report?.phase === 'active' && isReference(report.running, issued);
}

/** Whether it has not seen what it was issued, for all that is known, and is on its way to nothing else: without that in its shadow it goes on as it is. */
export function isUnseen({ issued, report }: ObservedDevice): boolean {
  if (issued === undefined) return false;
  return report === undefined || (report.highestSequence < issued.sequence && report.target === undefined);
}

/** Whether that is so, and it runs something. */
export function isUntaken(observed: ObservedDevice): boolean {
  return observed.report?.running !== undefined && isUnseen(observed);
}

/** Whether what it was issued is kept from it; also while nothing is known that it says, as with a key that git names since. */
export function isWithheld(observed: ObservedDevice): boolean {
  return observed.withheldAt !== undefined && isUnseen(observed);
}

/** Whether it is out of contact and has not seen what it was issued last. */
export function waitsForContact(observed: ObservedDevice): boolean {
  const { issued, report, connected } = observed;
  if (issued === undefined || connected === true || isWithheld(observed)) return false;
  return report === undefined || report.highestSequence < issued.sequence;
}

/** A device that claims to have seen more than so many sequences above what it was issued lies, or belonged to another fleet. */
export const sequenceStepMax = 1_000_000;

/** Whether what a device says of its highest sequence can be true. */
export function isPlausible({ issued, report }: ObservedDevice): boolean {
  return report === undefined || report.highestSequence <= (issued?.sequence ?? 0) + sequenceStepMax;
}

/**
 * One above every sequence that was issued or that the device can have seen: a controller that lost its database must
 * not issue what devices have to refuse.
 */
export function nextSequence(observed: ObservedDevice): number {
  const seen = isPlausible(observed) ? (observed.report?.highestSequence ?? 0) : 0;
  return Math.max(observed.issued?.sequence ?? 0, seen) + 1;
}
