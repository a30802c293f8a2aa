/**
 * What the controller remembers, as the engine decides upon it and the state keeps it durably. Times in milliseconds since the
 * epoch. Of every device a record is in memory; its documents, which are most of the bytes, are read when they are asked for.
 */
import type { AuditHead } from '../../schemas/audit-chain.ts';
import type { DeviceAnswer } from '../../schemas/device-answer.ts';
import type {
  AuditEntry,
  DeviceEvent,
  Refusal,
  RequestAsk,
  RevisionStatus,
  SourceStatus,
} from '../../schemas/generated/types.ts';
import type { TokenWrite } from '../access/tokens.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { CarriedReport, DroppedReport, IssuedDeployment, ReportGist, Takeovers } from '../planning/observed.ts';
import type { Counted } from '../planning/rollout/begin.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { PackedSection } from '../shadow/packed-shadow.ts';
import type { StateRow } from '../state/state-port.ts';
import type { Heard } from './report-order.ts';

/** Where an envelope is fetched that does not travel inside a shadow. */
export interface EnvelopeBlob {
  readonly sha256: string;
  readonly length: number;
}

/** What is always known of a shadow. What it desires is the newest deployment, and nothing before that was set. */
export interface ShadowMark {
  readonly version: number;
  /** A shadow that was never written. */
  readonly deleted?: true;
  /** When its desired state was set, in seconds. */
  readonly desiredAt?: number;
  /** When what it desired was taken out of it, as its device was held before it took that. */
  readonly withheldAt?: number;
  /** How long what is reported is as JSON. */
  readonly reportedBytes?: number;
  /** What is reported has members with names of desired ones: what is still to do depends on them. */
  readonly repeatsDesired?: true;
}

/** What an operator asked of a device, beside its deployment. One at a time; the newest is remembered when it is over, too. */
export interface KeptRequest {
  readonly id: string;
  readonly ask: RequestAsk;
  readonly application?: string;
  readonly since?: number;
  readonly by: string;
  readonly why?: string;
  readonly at: number;
  readonly expiresAt: number;
  /** As it was signed. */
  readonly envelope: string;
  /** Of the deployment beside which it travels: what is over is taken out of a shadow when that changes anyway, for to say so would cost the link. */
  readonly sequence: number;
  /** Absent while it waits for its answer. */
  readonly end?: 'answered' | 'withdrawn';
}

/** One device: what it was told, what it said, and when, as far as all devices are decided upon and counted by it. */
export interface DeviceRecord {
  /** The newest deployment; its envelope is a document. */
  readonly issued?: IssuedDeployment;
  /** Of that envelope, where it is fetched by its digest. */
  readonly blob?: EnvelopeBlob;
  readonly shadow: ShadowMark;
  /** Of its newest report, which is a document. */
  readonly gist?: ReportGist;
  /** Releases in that report, each `NAME/VERSION` and a space. */
  readonly runs?: string;
  /** Which reports are new. */
  readonly heard?: Heard;
  readonly contactAt?: number;
  /** How long it used to be silent: `planning/contact-history.ts`. */
  readonly silences?: string;
  /** Its connection closed, as far as the broker tells, and it was not heard since `contactAt`. */
  readonly isGone?: true;
  /** When the certificate ends that it was given or showed last. */
  readonly certificateEndsAt?: number;
  /** Since when its shadow wants what it may not have been told; once that failed, a row of its own says what is owed. */
  readonly untoldSince?: number;
  /** What it said last and was not believed; gone when a report is taken. */
  readonly dropped?: DroppedReport;
  /** Its newest report was brought by hand: when it came, and by whom. */
  readonly carried?: CarriedReport;
  readonly takeovers?: Takeovers;
  readonly request?: KeptRequest;
  /** Deployments that were signed anew because the device claims another under the same sequence. */
  readonly contradictions?: { readonly count: number; readonly at: number };
}

/** What a device answered. */
export interface KeptAnswer extends DeviceAnswer {
  /** When it came. */
  readonly at: number;
}

/** Documents of a device, by the room they are kept in. */
export interface Documents {
  /** Of its newest deployment: a DSSE envelope. */
  readonly envelope: string;
  /** What its shadow has as reported: its newest report. */
  readonly reported: PackedSection;
  /** What happened, newest first; bounded. */
  readonly history: readonly DeviceEvent[];
  /** To what it was asked last. */
  readonly answer: KeptAnswer;
}

/** A kind of document. */
export type DocumentRoom = keyof Documents;

/** A document of one device. */
export interface DocumentKey {
  readonly room: DocumentRoom;
  readonly name: string;
}

/** A document that could not be read, or was not there though its record says so, and why. */
export interface UnreadableDocument {
  readonly document: DocumentKey;
  /** As it was; undefined when nothing was there. */
  readonly row: StateRow | undefined;
  readonly error: unknown;
}

/** A document as it is from now on; gone without a value. */
export type DocumentWrite = {
  readonly [R in DocumentRoom]: {
    readonly kind: 'document';
    readonly room: R;
    readonly name: string;
    readonly value: Documents[R] | undefined;
    /** The value as JSON, where whoever put it had to know how long it is. */
    readonly text?: string;
  };
}[DocumentRoom];

/** Work that follows from a decision and is not settled yet; one of a kind for each subject. */
export interface Owed {
  /** issue: sign and record what a device should get; deliver: tell a device what its shadow wants of it. */
  readonly kind: 'issue' | 'deliver';
  /** The device. */
  readonly subject: string;
  readonly since: number;
  /** How often it failed. */
  readonly attempts: number;
  /** Not tried before. */
  readonly dueAt: number;
  /** Why it failed last. */
  readonly failure?: string;
}

/** All kinds of it. */
export const owedKinds: readonly Owed['kind'][] = ['issue', 'deliver'];

/**
 * Up to where the shore has what a channel of a device had to say, in words of its batches: durable here, and taken by every outlet.
 */
export interface ChannelMark {
  /** 16 hexadecimal digits: drawn when the device opened the channel for the first time. */
  readonly stream: string;
  readonly segment: number;
  readonly index: number;
  readonly at: number;
  /** Messages of it that the device had dropped, as far as that was told. */
  readonly dropped?: number;
}

/** The marks of one device, by `APPLICATION/CHANNEL`. */
export type ChannelMarks = Readonly<Record<string, ChannelMark>>;

/** One thing to remember from now on; every one is a row of the state, but for what is passing. */
export type Write =
  | {
      readonly kind: 'device';
      readonly name: string;
      readonly record: DeviceRecord;
      /** Not worth writing by itself: a start that does not know it does once more what harms nobody. */
      readonly isPassing?: true;
    }
  | DocumentWrite
  | { readonly kind: 'marks'; readonly name: string; readonly marks: ChannelMarks }
  | { readonly kind: 'owed'; readonly owed: Owed; readonly settled: boolean }
  | { readonly kind: 'revision'; readonly revision: RevisionStatus }
  | { readonly kind: 'source'; readonly source: SourceStatus }
  /** A commit that an operator took though its branch was rewritten; counts once. */
  | { readonly kind: 'accepted'; readonly revision: string | undefined }
  /** Where a fleet is on its way to what git wants of it; gone with the fleet's waves. */
  | { readonly kind: 'rollout'; readonly fleet: string; readonly rollout: Rollout | undefined }
  /** What a fleet ran well last, to go back to. */
  | { readonly kind: 'definition'; readonly fleet: string; readonly definition: FleetDefinition | undefined }
  /** Rollouts of a fleet that are over, newest first; bounded. Gone when it is empty. */
  | { readonly kind: 'finished'; readonly fleet: string; readonly rollouts: readonly FinishedRollout[] }
  /** The highest that a fleet counted of which nothing is remembered. */
  | { readonly kind: 'forgotten'; readonly forgotten: Required<Counted> }
  /** Who was not let in, by a key of its own; gone without `refusal`. */
  | { readonly kind: 'refusal'; readonly key: string; readonly refusal?: Refusal }
  /** A named token, or that there is none of this name any more. */
  | ({ readonly kind: 'token' } & TokenWrite)
  /** An entry of the audit, by its number; gone without it. */
  | { readonly kind: 'audit'; readonly n: number; readonly entry?: AuditEntry }
  | { readonly kind: 'audit-head'; readonly head: AuditHead }
  /** What can't be read, as it was, out of the way. */
  | { readonly kind: 'aside'; readonly row: StateRow };

/** Whether a write is of no row by itself. */
export function isPassing(write: Write): boolean {
  return write.kind === 'device' && write.isPassing === true;
}

/** Devices of which something is shown otherwise after these writes. */
export function shownIn(writes: readonly Write[]): ReadonlySet<string> {
  const devices = new Set<string>();
  for (const write of writes) {
    const device = shownOf(write);
    if (device !== undefined) devices.add(device);
  }
  return devices;
}

/** The rollouts that are written, as they were until now. */
export function rolloutsIn(
  writes: readonly Write[],
  before: { rollout(fleet: string): Rollout | undefined },
): readonly (readonly [fleet: string, before: Rollout | undefined])[] {
  return writes.flatMap((write) => (write.kind === 'rollout' ? [[write.fleet, before.rollout(write.fleet)]] : []));
}

/** What is owed is shown once it failed. */
function shownOf(write: Write): string | undefined {
  if (write.kind === 'device') return write.isPassing ? undefined : write.name;
  if (write.kind === 'document') return write.room === 'history' ? write.name : undefined;
  return write.kind === 'owed' && write.owed.failure !== undefined ? write.owed.subject : undefined;
}

/** The key of an owed row. */
export function owedKey({ kind, subject }: Pick<Owed, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}

/** What `owedKey` was made of. */
export function partsOfOwedKey(key: string): readonly [kind: Owed['kind'], subject: string] {
  const end = key.indexOf(' ');
  return [key.slice(0, end) as Owed['kind'], key.slice(end + 1)];
}
