import type { Clock } from '../../platform/ports.ts';
import type { Asks, Report } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { LinkTrouble } from './link-trouble.ts';
import type { NewsLink } from './news-link.ts';
import type { AskingLinkHandlers, ReportFate, ShadowLink } from './shadow-link.ts';

/** What the link is made of. */
export interface StayingLinkOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly session: ShadowLink;
  /** A link that asks, for where `session` comes to nothing. */
  readonly openNews: () => NewsLink;
}

/** How long a session is waited for before it is asked over HTTPS: most links that are lost are back by then. */
const patienceMs = 2 * 60_000;

/**
 * An agent that has had no session since its start asks once so many tries in a row came to nobody at the broker: where only HTTPS
 * comes through, that is within a quarter of a minute, or at once where the connection is refused.
 */
const youngTries = 2;

/** How seldom a session is tried while the controller answers over HTTPS: that the link is there was seen, and is no news. */
const restMs = 30 * 60_000;

/** A link that stays in a session where it can have one, and asks over HTTPS for news where it can't. */
export class StayingLink implements ShadowLink {
  readonly #options: StayingLinkOptions;
  #handlers: AskingLinkHandlers | undefined;
  #patience: Disposable | undefined;
  #isConnected = false;
  /** Whether it has been without a session for longer than links are mostly lost for. */
  #isLasting = false;
  /** Tries in a row that found nobody at the broker, of an agent without a session since its start; undefined in any other. */
  #youngTries: number | undefined = 0;
  #desired: object | undefined;
  /** While there is no session, and that has lasted. */
  #news: NewsLink | undefined;

  constructor(options: StayingLinkOptions) {
    this.#options = options;
  }

  get isFollowed(): boolean {
    return this.#options.session.isFollowed;
  }

  get asks(): Asks | undefined {
    return this.#news?.asks;
  }

  /** What says something now. */
  get #current(): ShadowLink {
    return (this.#isConnected ? undefined : this.#news) ?? this.#options.session;
  }

  /** The least pause before a session is tried again. */
  get restMs(): number {
    return this.#isLasting && this.#news?.isAnswered === true ? restMs : 0;
  }

  start(handlers: AskingLinkHandlers): void {
    this.#desired = handlers.desired;
    const knowing = { ...handlers, onDesired: (desired: unknown) => this.#hear(desired, handlers) };
    this.#handlers = knowing;
    this.#wait();
    this.#options.session.start({
      ...knowing,
      onConnection: (isConnected, through) => this.#connection(isConnected, through, handlers),
      onTrouble: (trouble) => {
        this.#missed(trouble);
        handlers.onTrouble(trouble);
      },
    });
  }

  #hear(desired: unknown, handlers: AskingLinkHandlers): void {
    this.#desired = isObject(desired) ? desired : undefined;
    handlers.onDesired(desired);
  }

  #connection(isConnected: boolean, through: string | undefined, handlers: AskingLinkHandlers): void {
    this.#isConnected = isConnected;
    this.#isLasting = false;
    this.#youngTries = undefined;
    this.#patience?.[Symbol.dispose]();
    if (isConnected) void this.#endNews();
    else this.#wait();
    handlers.onConnection(isConnected, through);
  }

  #wait(): void {
    this.#patience = this.#options.clock.after(patienceMs, () => {
      this.#isLasting = true;
      this.#ask();
    });
  }

  #missed({ kind }: LinkTrouble): void {
    if (this.#youngTries === undefined) return;
    this.#youngTries = kind === 'tcp' ? this.#youngTries + 1 : 0;
    if (this.#youngTries === youngTries) this.#ask();
  }

  /** Why there is no session is what people are told: that is what they can mend. */
  #ask(): void {
    if (this.#isConnected || this.#news !== undefined || this.#handlers === undefined) return;
    this.#news = this.#options.openNews();
    const { desired: _before, ...handlers } = this.#handlers;
    const known = this.#desired === undefined ? {} : { desired: this.#desired };
    this.#news.start({ ...handlers, ...known, onTrouble: () => {} });
  }

  async #endNews(): Promise<void> {
    const news = this.#news;
    this.#news = undefined;
    await news?.stop();
  }

  report(report: Report): Promise<ReportFate> {
    return this.#current.report(report);
  }

  sendBatchPart(part: Uint8Array): Promise<boolean> {
    return this.#current.sendBatchPart(part);
  }

  orderParcel(order: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#options.session.orderParcel(order);
  }

  lookAgain(): void {
    this.#options.session.lookAgain();
    this.#news?.lookAgain();
  }

  wake(): number {
    if (this.#news !== undefined) return this.#news.wake();
    this.#ask();
    return this.#options.session.wake();
  }

  unsaid(): void {
    this.#news?.unsaid();
  }

  async stop(): Promise<void> {
    this.#handlers = undefined;
    this.#patience?.[Symbol.dispose]();
    await Promise.all([this.#endNews(), this.#options.session.stop()]);
  }
}
