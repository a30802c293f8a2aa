/** The words in which the supervisor has news asked for, by whom it has a way to the controller. */
import type { Report } from '../../schemas/generated/types.ts';
import type { NewsAnswer } from '../../schemas/news.ts';
import type { LinkTrouble } from './link-trouble.ts';

/** What is said and asked at once. */
export interface NewsQuestion {
  readonly report: Report;
  /** The report that the shore took last, as far as this agent knows. */
  readonly base?: Report;
  /** What is known as desired; absent where nothing is. */
  readonly desired?: object;
}

/** What came of it. */
export type NewsReply =
  | {
      readonly kind: 'answered';
      readonly answer: NewsAnswer;
      /** The gateway that it came through, by name; absent where it came by a way of this machine's own. */
      readonly through?: string;
    }
  | {
      readonly kind: 'unanswered';
      readonly trouble: LinkTrouble;
      /** How long the server asks to be left alone, if it does. */
      readonly retryAfterMs?: number;
    };

/** Asks once; never rejects. */
export type AskNews = (question: NewsQuestion, signal: AbortSignal) => Promise<NewsReply>;

/** What became of a part of a batch of messages; `answer` is the shore's word on the batch, in base64. */
export type PartReply = { readonly kind: 'sent'; readonly answer?: string } | { readonly kind: 'unsent' };

/** Sends one; never rejects. */
export type SendPart = (part: Uint8Array, signal: AbortSignal) => Promise<PartReply>;
