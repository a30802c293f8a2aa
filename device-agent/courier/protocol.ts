/** The words between the supervisor and the courier's process. Both are the agent's own, and believe each other. */
import type { ReturnKey } from '../../platform/ports.ts';
import type { Progress, ShadowDesired } from '../../schemas/generated/types.ts';
import type { Enrolment } from '../enrol.ts';
import type { Flow } from '../links/observed-rate.ts';
import type { Want } from '../neighbours/wants.ts';
import type { NewsQuestion, NewsReply, PartReply } from '../transport/news.ts';
import type { AnswerVerdict, BringErrand, Brought, BundleVerdict, Verdict } from './courier.ts';

/** What a courier can be sent for. */
export type Errand =
  | { readonly kind: 'judge'; readonly desired: ShadowDesired }
  | { readonly kind: 'judge-bundle'; readonly path: string }
  | { readonly kind: 'answer'; readonly envelope: string }
  | { readonly kind: 'bring'; readonly errand: BringErrand }
  /** Asks once for a certificate, new or renewed. */
  | { readonly kind: 'enrol' }
  | { readonly kind: 'news'; readonly question: NewsQuestion }
  /** Takes a part of a batch, in base64, to the shore. */
  | { readonly kind: 'part'; readonly part: string };

/** What each errand comes to. */
export interface Outcomes {
  readonly judge: Verdict;
  readonly 'judge-bundle': BundleVerdict;
  readonly answer: AnswerVerdict;
  readonly bring: Brought;
  readonly enrol: Enrolment;
  readonly news: NewsReply;
  readonly part: PartReply;
}

/** Supervisor to courier. Closing the channel means: end at once. */
export type ToCourier =
  /** `floorMs` is the agent's time floor by now; for `areSegmentsShort` see `Segments`. */
  | {
      readonly kind: 'errand';
      readonly id: number;
      readonly floorMs: number;
      readonly areSegmentsShort: boolean;
      readonly returnKey?: ReturnKey;
      readonly errand: Errand;
    }
  | { readonly kind: 'abort'; readonly id: number }
  /** What came of an order, base64; without a parcel where it does not come over the session. */
  | { readonly kind: 'parcel'; readonly id: number; readonly parcel?: string };

/** Courier to supervisor. `ready` comes first, once no other courier of this state directory is alive. */
export type FromCourier =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  /** Bytes came in, wanted or not. */
  | { readonly kind: 'received'; readonly bytes: number }
  /** So much went over an interface, either way; as `CountTravel` has it. */
  | { readonly kind: 'travelled'; readonly bytes: number; readonly via?: string }
  /** So much of a module came in one answer. */
  | { readonly kind: 'modules'; readonly flow: Flow; readonly via?: string }
  /** What is wanted by now, for neighbours to hear. */
  | { readonly kind: 'wants'; readonly wants: readonly Want[] }
  /** Is to be ordered over the supervisor's session: base64. */
  | { readonly kind: 'order'; readonly id: number; readonly order: string }
  /** Something signed has shown this time; `isNow` where that was signed just now, for this device. */
  | { readonly kind: 'signed'; readonly atMs: number; readonly isNow?: true }
  /** What is being unpacked now: if it is the end of this process, it was too much for the device. */
  | { readonly kind: 'unpacking'; readonly sha256?: string }
  /** With what the next courier need not find out, where something was. */
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly areSegmentsShort?: boolean;
      /** As it has one by now. */
      readonly returnKey?: ReturnKey;
      readonly outcome: Outcomes[keyof Outcomes];
    };
