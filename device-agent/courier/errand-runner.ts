import type { ReturnKeys, Segments } from '../../platform/ports.ts';
import type { Enrolment } from '../enrol.ts';
import type { AskNews, SendPart } from '../transport/news.ts';
import type { Courier } from './courier.ts';
import type { ForwardedOrders } from './forwarded-orders.ts';
import type { Errand, FromCourier, Outcomes, ToCourier } from './protocol.ts';
import type { SharedTime } from './shared-time.ts';

/** What errands are run with. */
export interface RunnerOptions {
  readonly courier: Courier;
  readonly enrol: (signal: AbortSignal) => Promise<Enrolment>;
  readonly news: AskNews;
  readonly part: SendPart;
  readonly time: SharedTime;
  readonly orders: Pick<ForwardedOrders, 'answered'>;
  readonly say: (message: FromCourier) => void;
  readonly segments: Segments;
  readonly returnKeys: ReturnKeys;
}

/** The courier's end of the channel: does what the supervisor asks for, as much at once as it asks for. */
export class ErrandRunner {
  readonly #options: RunnerOptions;
  readonly #aborts = new Map<number, AbortController>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  receive(message: ToCourier): void {
    switch (message.kind) {
      case 'errand':
        return this.#begin(message);
      case 'abort':
        return this.#aborts.get(message.id)?.abort();
      case 'parcel':
        return this.#options.orders.answered(message.id, message.parcel);
      default:
        throw new Error(message satisfies never);
    }
  }

  #begin({ id, floorMs, areSegmentsShort, returnKey, errand }: Extract<ToCourier, { readonly kind: 'errand' }>): void {
    const { time, segments, returnKeys, say } = this.#options;
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    time.adopt(floorMs);
    segments.areShort = areSegmentsShort;
    // What this process learned since is younger than what the supervisor knows.
    returnKeys.key ??= returnKey;
    void this.#run(id, errand, abort.signal).then((outcome) => {
      this.#aborts.delete(id);
      const found = segments.areShort === areSegmentsShort ? {} : { areSegmentsShort: segments.areShort };
      const { key } = returnKeys;
      say({ kind: 'done', id, ...found, ...(key === undefined ? {} : { returnKey: key }), outcome });
    });
  }

  #run(id: number, errand: Errand, signal: AbortSignal): Promise<Outcomes[keyof Outcomes]> {
    const { courier, enrol, news, part, say } = this.#options;
    switch (errand.kind) {
      case 'judge':
        return courier.judge(errand.desired, signal);
      case 'judge-bundle':
        return courier.judgeBundle(errand.path, signal);
      case 'answer':
        return courier.answer(errand.envelope, signal);
      case 'bring':
        return courier.bring(errand.errand, (progress) => say({ kind: 'progress', id, progress }), signal);
      case 'enrol':
        return enrol(signal).catch((error: Error) => ({ kind: 'unreachable', message: error.message }));
      case 'news':
        return news(errand.question, signal);
      case 'part':
        return part(Buffer.from(errand.part, 'base64'), signal);
      default:
        return errand satisfies never;
    }
  }
}
