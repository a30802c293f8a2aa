/** What the controller remembers, as the engine holds it in memory and the state keeps it durably. Times in milliseconds since the epoch. */
import type { DeviceEvent, Refusal, RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { DroppedReport, IssuedDeployment, Takeovers } from '../planning/observed.ts';
import type { PackedShadow } from '../shadow/packed-shadow.ts';
import type { Heard } from './report-order.ts';

/** One device: what it was told, what it said, and when. Its newest report is what its shadow has as reported. */
export interface DeviceRecord {
  readonly issued?: IssuedDeployment;
  /** The newest deployment in its DSSE envelope. */
  readonly envelope?: string;
  readonly shadow: PackedShadow;
  /** Which reports are new. */
  readonly heard?: Heard;
  readonly contactAt?: number;
  /** When the certificate ends that it was given or showed last. */
  readonly certificateEndsAt?: number;
  /** Since when its shadow wants what it may not have been told; once that failed, a row of its own says what is owed. */
  readonly untoldSince?: number;
  /** What it said last and was not believed; gone when a report is taken. */
  readonly dropped?: DroppedReport;
  readonly takeovers?: Takeovers;
  /** Deployments that were signed anew because the device claims another under the same sequence. */
  readonly contradictions?: { readonly count: number; readonly at: number };
}

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

/**
 * Up to where the shore has what a channel of a device had to say, in words of its batches: durable here, and taken by every outlet.
 */
export interface ChannelMark {
  /** 16 hexadecimal digits: drawn when the device opened the channel for the first time. */
  readonly stream: string;
  readonly segment: number;
  readonly index: number;
  readonly at: number;
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
  | { readonly kind: 'history'; readonly name: string; readonly events: readonly DeviceEvent[] }
  | { readonly kind: 'marks'; readonly name: string; readonly marks: ChannelMarks }
  | { readonly kind: 'owed'; readonly owed: Owed; readonly settled: boolean }
  | { readonly kind: 'revision'; readonly revision: RevisionStatus }
  | { readonly kind: 'source'; readonly source: SourceStatus }
  /** A commit that an operator took though its branch was rewritten; counts once. */
  | { readonly kind: 'accepted'; readonly revision: string | undefined }
  /** Who was not let in, by a key of its own; gone without `refusal`. */
  | { readonly kind: 'refusal'; readonly key: string; readonly refusal?: Refusal };

/** Whether a write is of no row by itself. */
export function isPassing(write: Write): boolean {
  return write.kind === 'device' && write.isPassing === true;
}

/** The device of which something is shown otherwise after a write; what is owed is shown once it failed. */
export function shownOf(write: Write): string | undefined {
  if (write.kind === 'device') return write.isPassing ? undefined : write.name;
  if (write.kind === 'history') return write.name;
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
