import type { Deployment, DownloadReport, Progress, ShadowDesired, TakenMark } from '../../schemas/generated/types.ts';
import type { FetchMemory } from '../download/fetch-memory.ts';
import type { Wanted } from '../download/wanted.ts';
import type { LinkAllowance } from '../links/link-terms.ts';
import type { Problem } from '../problem.ts';

/** Why an errand came to nothing this time. */
export interface Failure {
  readonly kind: 'failed';
  readonly problem: Problem;
  /** Whether the link alone is to blame: a normal state, not worth a word until it lasts. */
  readonly isLink: boolean;
  /** How long the server asks to be left alone, if it does. */
  readonly retryAfterMs?: number;
}

/** What the envelope behind a desired state turned out to be. */
export type Verdict =
  | { readonly kind: 'genuine'; readonly deployment: Deployment; readonly envelope: string }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | Failure;

/** What became of what the shore asks. */
export type AnswerVerdict =
  /** The answer lies in the outbox. */
  | { readonly kind: 'answered'; readonly id: string }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | Failure;

/** What a bundle turned out to be, and of one that counts how much the shore has of what this device had to say. */
export type BundleVerdict =
  | (Extract<Verdict, { readonly kind: 'genuine' }> & { readonly taken: readonly TakenMark[] })
  | Exclude<Verdict, { readonly kind: 'genuine' }>;

export interface BringErrand extends Wanted {
  /** Modules that stay when the disk needs room; undefined when that is not known, and all stay. */
  readonly held?: readonly string[];
  /** What may go over which link; without any there is nothing to keep to. */
  readonly links?: readonly LinkAllowance[];
  /** Interfaces that modules may be held to, the one to take first before the others; without any the machine's routes choose. */
  readonly exits?: readonly string[];
  /** The bundle that it is brought from, and from nowhere else. */
  readonly bundle?: string;
  /** Nothing may go over a link now: what neighbours have of it is taken, and nothing else asked for. */
  readonly isOffLink?: true;
}

/** What an attempt came to, and what the next one should know. */
export interface Brought {
  readonly memory: FetchMemory;
  readonly result: { readonly kind: 'brought'; readonly downloads: readonly DownloadReport[] } | Failure;
}

/**
 * Goes out for what the engine lacks: all that needs the network, judges signatures or unpacks. It keeps nothing between two
 * errands that is not on disk. No method rejects; an errand whose signal aborts ends soon, and its outcome means nothing.
 */
export interface Courier {
  /** Brings the envelope that a desired state names, and judges it by the newest keys it needs to know. */
  judge(desired: ShadowDesired, signal: AbortSignal): Promise<Verdict>;
  /** Judges a bundle whole, and the envelope that it has for this device. Never fails: what can't be read is refused. */
  judgeBundle(path: string, signal: AbortSignal): Promise<BundleVerdict>;
  /** Judges what the shore asks of this device, and puts the answer where it travels from. */
  answer(envelope: string, signal: AbortSignal): Promise<AnswerVerdict>;
  /** Attempts once to bring what a deployment lacks. One at a time: two would write the same files. */
  bring(errand: BringErrand, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<Brought>;
}
