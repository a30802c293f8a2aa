/** All that can happen to the engine. A start is an event like any other. */

import type { AuditDeed } from '../../schemas/audit-chain.ts';
import type { DeviceAnswer } from '../../schemas/device-answer.ts';
import type { RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { LogbookEntry } from '../../schemas/logbook-entry.ts';
import type { TokenWrite } from '../access/tokens.ts';
import type { IssuedDeployment } from '../planning/observed.ts';
import type { Asked } from '../planning/rollout/act.ts';
import type { JsonObject } from '../shadow/document.ts';
import type { ShadowOperation } from '../shadow/topics.ts';
import type { FollowedCommit } from './followed-fleets.ts';
import type { ChannelMark, KeptRequest, Owed, UnreadableDocument, Write } from './records.ts';

/** A message of a device to its shadow, as it arrived. */
export interface ShadowRequestEvent {
  readonly kind: 'shadow-request';
  readonly device: string;
  readonly operation: ShadowOperation;
  readonly payload: Uint8Array;
}

/** A device without a session says how it is, and asks what is news to it. */
export interface NewsEvent {
  readonly kind: 'news';
  readonly device: string;
  /** The sum of what it knows as desired, 0 for nothing. */
  readonly knows: number;
  /** A brief report, as it arrived. */
  readonly report: Uint8Array;
}

/** A connection opened or closed, at a broker that can tell. */
export interface ContactEvent {
  readonly kind: 'contact';
  readonly device: string;
  readonly connected: boolean;
  readonly address?: string;
  /** When the certificate that it showed ends. */
  readonly certificateEndsAt?: number;
  /** Of the connection that was open until this one took its place. */
  readonly takenOverFrom?: string;
}

/** Outlets took what a channel of a device had to say, up to there. */
export interface MessagesTakenEvent {
  readonly kind: 'messages-taken';
  readonly device: string;
  /** APPLICATION/CHANNEL. */
  readonly channel: string;
  readonly mark: ChannelMark;
}

/** How messages came that somebody brought by hand. */
export interface Carriage {
  readonly by: string;
  /** When their device signed them, in milliseconds since the epoch. */
  readonly signedAt: number;
}

/** What a device wrote down of itself came in: entries that follow each other in its logbook. */
export interface LogbookEvent {
  readonly kind: 'logbook';
  readonly device: string;
  /** Where they stand, in words of batches. */
  readonly stream: string;
  readonly segment: number;
  readonly index: number;
  /** Entries that it had dropped before. */
  readonly dropped: number;
  /** Each with its time; undefined for what is none. */
  readonly entries: readonly { readonly at: number; readonly entry: LogbookEntry | undefined }[];
  /** If somebody brought them by hand. */
  readonly carried?: Carriage;
}

/** A revision was judged, published, and comes into force. */
export interface AdoptionEvent {
  readonly kind: 'adoption';
  readonly revision: RevisionStatus;
  readonly source: SourceStatus;
  readonly followed: FollowedCommit;
}

/** Somebody carries what these devices are offered to them, in a bundle. */
export interface BundledEvent {
  readonly kind: 'bundled';
  readonly deployments: readonly { readonly device: string; readonly sequence: number }[];
  readonly who: string;
  /** RFC 3339. */
  readonly notAfter: string;
}

/** Somebody brought what a device said of itself, signed by the key that git names for it. */
export interface ReceiptEvent {
  readonly kind: 'receipt';
  readonly device: string;
  readonly reported: JsonObject;
  readonly who: string;
}

/** Somebody asks something of a device. */
export interface RequestEvent {
  readonly kind: 'request';
  readonly device: string;
  readonly request: Omit<KeptRequest, 'sequence' | 'at' | 'end'>;
}

/** Somebody takes back what was asked. */
export interface WithdrawalEvent {
  readonly kind: 'withdrawal';
  readonly device: string;
  readonly id: string;
  readonly by: string;
}

/** What a device answered came in: messages that follow each other. */
export interface AnswersEvent {
  readonly kind: 'answers';
  readonly device: string;
  readonly mark: Omit<ChannelMark, 'at'>;
  /** Undefined for what is none. */
  readonly answers: readonly (DeviceAnswer | undefined)[];
  /** If somebody brought them by hand. */
  readonly carried?: Carriage;
}

export type EngineEvent =
  | RequestEvent
  | WithdrawalEvent
  | AnswersEvent
  | ShadowRequestEvent
  | NewsEvent
  | ContactEvent
  | MessagesTakenEvent
  | LogbookEvent
  | AdoptionEvent
  | BundledEvent
  | ReceiptEvent
  /** A device was given a certificate. */
  | { readonly kind: 'certificate'; readonly device: string; readonly endsAt: number }
  /** What is known of the repository changed. */
  | { readonly kind: 'source'; readonly source: SourceStatus }
  /** An operator takes a commit that is held back. */
  | { readonly kind: 'acceptance'; readonly revision: string }
  /** What has to be written down of who was not let in. */
  | { readonly kind: 'refusals'; readonly writes: readonly Extract<Write, { kind: 'refusal' }>[] }
  /** Named tokens were made, used or revoked, or are forgotten. */
  | { readonly kind: 'tokens'; readonly writes: readonly TokenWrite[] }
  /** Something was done over the API, or somebody refused. */
  | { readonly kind: 'audit'; readonly deed: AuditDeed }
  /** When devices were heard whose contact no other write tells. */
  | { readonly kind: 'contacts'; readonly heardAt: ReadonlyMap<string, number> }
  /** A deployment was signed; its envelope can be fetched where it has to be. */
  | { readonly kind: 'signed'; readonly device: string; readonly issued: IssuedDeployment; readonly envelope: string }
  /** A document can't be read. */
  | { readonly kind: 'unreadable'; readonly device: string; readonly found: UnreadableDocument }
  /** Something was mended that these may be waiting for. */
  | { readonly kind: 'reminder'; readonly devices: readonly string[] }
  /** What is counted of a rollout's devices is otherwise, or its time has come. */
  | { readonly kind: 'rollout-step'; readonly fleet: string }
  /** An operator does something to it. */
  | { readonly kind: 'rollout-act'; readonly fleet: string; readonly asked: Asked }
  /** What is durable of these fleets' rollouts is not what is in force. */
  | { readonly kind: 'rollouts-behind'; readonly fleets: readonly string[] }
  /** A device was told of its deployment with this sequence, or nobody is there to hear. */
  | { readonly kind: 'settled'; readonly owed: Pick<Owed, 'kind' | 'subject'>; readonly sequence: number | undefined }
  /** Work could not be done, and is still owed. */
  | { readonly kind: 'failed'; readonly owed: Pick<Owed, 'kind' | 'subject'>; readonly error: unknown };
