import type { Clock, Log, Random } from '../../platform/ports.ts';
import type { Asks, Report } from '../../schemas/generated/types.ts';
import type { NewsAnswer } from '../../schemas/news.ts';
import { AskingPace, type Rhythm } from './asking-pace.ts';
import type { LinkTrouble } from './link-trouble.ts';
import type { AskNews, SendPart } from './news.ts';
import { Outlet } from './outlet.ts';
import type { AskingLinkHandlers, ReportFate, ShadowLink } from './shadow-link.ts';

/** What the link is made of. */
export interface NewsLinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ask: AskNews;
  readonly send: SendPart;
  readonly why: Asks['why'];
  readonly rhythm: Rhythm;
}

/** What takes longer comes to nothing: who answers a byte a minute would have the device say nothing for weeks. */
const answerMsMax = 10 * 60_000;
const tooSlow: LinkTrouble = {
  kind: 'https',
  message: 'the controller did not come to the end of its answer in ten minutes',
};

/** Until the question under way comes to something. */
const notAsked: LinkTrouble = { kind: 'https', message: 'nothing was asked' };

/** What of the answer is the fate of the report. */
function fateOf({ report }: NewsAnswer): ReportFate {
  return report === 'taken' ? 'accepted' : 'rejected';
}

/**
 * A link without a session: now and then it says how the device is and asks what is news, in one request over HTTPS. Between two of
 * them nothing is open and nothing is sent.
 */
export class NewsLink implements ShadowLink {
  readonly isFollowed = false;
  readonly #options: NewsLinkOptions;
  readonly #pace: AskingPace;
  readonly #outlet: Outlet;
  readonly #stopped = new AbortController();
  #handlers: AskingLinkHandlers | undefined;
  #loop: Promise<void> | undefined;
  /** Ends the pause before the next try, at this time. */
  #early: { readonly atMs: number; readonly timer: Disposable } | undefined;
  #pause = new AbortController();
  #isUnplanned = false;
  /** The report that the shore took last, and what it desired. */
  #taken: Report | undefined;
  #desired: object | undefined;
  /** What the try under way came to. */
  #trouble: LinkTrouble | undefined = notAsked;
  #retryAfterMs = 0;
  #loggedReason: string | undefined;

  constructor(options: NewsLinkOptions) {
    this.#options = options;
    this.#pace = new AskingPace(options.clock, options.rhythm);
    this.#outlet = new Outlet(options.clock, (isOpen) => this.#handlers?.onOutlet(isOpen));
  }

  get asks(): Asks {
    return { everySeconds: Math.ceil(this.#pace.intervalMs / 1000), why: this.#options.why };
  }

  /** Whether the last question was answered. */
  get isAnswered(): boolean {
    return this.#trouble === undefined;
  }

  start(handlers: AskingLinkHandlers): void {
    this.#handlers = handlers;
    this.#desired = handlers.desired;
    this.#loop ??= this.#run(handlers);
  }

  /** One request: the report goes, and what is news comes. */
  async report(report: Report): Promise<ReportFate> {
    const base = this.#taken === undefined ? {} : { base: this.#taken };
    const desired = this.#desired === undefined ? {} : { desired: this.#desired };
    const { outcome: reply, isLate } = await this.#inTime((signal) =>
      this.#options.ask({ report, ...base, ...desired }, signal),
    );
    this.#pace.tried(reply.kind === 'answered');
    if (reply.kind === 'unanswered') {
      this.#trouble = isLate ? tooSlow : reply.trouble;
      this.#retryAfterMs = reply.retryAfterMs ?? 0;
      return 'offline';
    }
    this.#trouble = undefined;
    this.#hear(report, reply.answer, reply.through);
    return fateOf(reply.answer);
  }

  async #inTime<T>(
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly outcome: T; readonly isLate: boolean }> {
    const late = new AbortController();
    using _patience = this.#options.clock.after(answerMsMax, () => late.abort());
    const outcome = await ask(AbortSignal.any([this.#stopped.signal, late.signal]));
    return { outcome, isLate: late.signal.aborted };
  }

  #hear(report: Report, { report: fate, desired }: NewsAnswer, through: string | undefined): void {
    if (fate === 'taken') this.#taken = report;
    this.#handlers?.onContact(through);
    this.#outlet.open();
    if (desired === undefined) return;
    this.#desired = desired ?? undefined;
    if (desired !== null) this.#handlers?.onDesired(desired);
  }

  async sendBatchPart(part: Uint8Array): Promise<boolean> {
    if (!this.#outlet.isOpen) return false;
    this.#outlet.used();
    const { outcome: reply } = await this.#inTime((signal) => this.#options.send(part, signal));
    if (this.#stopped.signal.aborted) return false;
    if (reply.kind === 'unsent') this.#outlet.close();
    else if (reply.answer !== undefined) this.#handlers?.onBatchAnswer(Buffer.from(reply.answer, 'base64'));
    return reply.kind === 'sent';
  }

  /** Only a session carries them. */
  async orderParcel(): Promise<undefined> {
    return undefined;
  }

  lookAgain(): void {
    if (!this.isAnswered) this.#wakeIn(this.#pace.earlyMs(), false);
  }

  wake(): number {
    if (this.#trouble === notAsked) return 0;
    const delayMs = this.#pace.earlyMs();
    this.#wakeIn(delayMs, false);
    return delayMs;
  }

  /** After a question that failed the next one comes anyway. */
  unsaid(): void {
    if (this.isAnswered) this.#wakeIn(this.#pace.unplannedMs(), true);
  }

  #wakeIn(delayMs: number, isUnplanned: boolean): void {
    const { clock } = this.#options;
    const atMs = clock.monotonic() + delayMs;
    if (this.#early !== undefined && this.#early.atMs <= atMs) return;
    this.#early?.timer[Symbol.dispose]();
    const pause = this.#pause;
    const timer = clock.after(delayMs, () => {
      this.#isUnplanned = isUnplanned;
      pause.abort();
    });
    this.#early = { atMs, timer };
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#outlet.forget();
    this.#early?.timer[Symbol.dispose]();
    await this.#loop;
  }

  async #run(handlers: AskingLinkHandlers): Promise<void> {
    const { clock, random } = this.#options;
    while (!this.#stopped.signal.aborted) {
      await this.#tryOnce(handlers);
      if (this.#stopped.signal.aborted) return;
      const pauseMs = this.#pace.pauseMs(random.fraction(), this.#retryAfterMs);
      this.#tellTrouble(handlers, pauseMs);
      await clock.sleep(pauseMs, AbortSignal.any([this.#stopped.signal, this.#pause.signal])).catch(() => {});
    }
  }

  /** What comes up while it is tried counts for the pause after it. */
  async #tryOnce(handlers: AskingLinkHandlers): Promise<void> {
    this.#pause = new AbortController();
    this.#early?.timer[Symbol.dispose]();
    this.#early = undefined;
    if (this.#isUnplanned) this.#pace.spendUnplanned();
    this.#isUnplanned = false;
    this.#retryAfterMs = 0;
    this.#trouble = notAsked;
    this.#pace.begin();
    await handlers.onOccasion();
    if (this.#trouble === notAsked) this.#pace.tried(false);
  }

  #tellTrouble(handlers: AskingLinkHandlers, pauseMs: number): void {
    const { log } = this.#options;
    const trouble = this.#trouble;
    if (trouble === undefined) {
      this.#loggedReason = undefined;
      return log.write('debug', 'link.asked', { nextInMs: Math.round(pauseMs) });
    }
    const { kind, message: reason } = trouble;
    const level = reason === this.#loggedReason ? 'debug' : 'info';
    this.#loggedReason = reason;
    log.write(level, 'link.offline', { reason, kind, retryInMs: Math.round(pauseMs) });
    handlers.onTrouble(trouble);
  }
}
