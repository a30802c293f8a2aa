import type { Clock, Log, Random } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import type { ShadowLink } from '../transport/shadow-link.ts';
import { fittingReport } from './fitting.ts';
import { type Change, changeBetween, isPassing, passingMs, spacingMs } from './pace.ts';
import { ReportBudget } from './report-budget.ts';

/** Changes that follow each other within this time travel in one report. */
const gatherMs = 20;

/** How long a rejected report waits before the next, at least. */
const rejectedMs = 60_000;

export interface ReporterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly link: ShadowLink;
  /** The longest time between two reports; the link may change it. */
  readonly intervalMs: () => number;
  /** The report as things are now, whole, with this counter. */
  readonly compose: (counter: number) => Report;
  /** Called where there is no session, for what should not wait until the next one. */
  readonly onUnsaid?: () => void;
  /** Called when a report was accepted after one that nobody answered. */
  readonly onHeardAgain: () => void;
  /** Called when a report was accepted that was sent at that time, on the monotonic clock, and none is on its way. */
  readonly onAccepted: (sentMs: number) => void;
}

/**
 * Keeps the shore informed: the newest state is sent until it is accepted, at once when the phase changed to one that lasts, sparsely
 * when only progress did, and as a sign of life after `intervalMs`. States are sent, not events, so a report that was
 * superseded before it could travel is not missed.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #budget: ReportBudget;
  #accepted: Report | undefined;
  #lastTryMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Since when it is in phases that pass of which the shore was not told. */
  #passingSinceMs: number | undefined;
  #isConnected = false;
  #isSending = false;
  /** Whether the last report went unanswered. */
  #isUnheard = false;
  #isStopped = false;
  #timer: Disposable | undefined;
  /** Of the newest report that was to travel, in this life of the agent. */
  #counter = 0;
  /** Whether the last try failed in a way that was logged. */
  #isComplaining = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#budget = new ReportBudget(options.clock);
  }

  /** The report as things are now, whether or not it travels. */
  current(): Report {
    return this.#options.compose(this.#counter);
  }

  /** A report of its own number, which travels by hand: one that travels over a link later is newer. */
  carried(): Report {
    this.#counter += 1;
    return fittingReport(this.current());
  }

  /** The link came or went. What the shore knows is uncertain after a gap: it is told anew. */
  connection(connected: boolean): void {
    this.#isConnected = connected;
    if (connected) {
      this.#accepted = undefined;
      this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    }
    this.changed();
  }

  /** Something that reports tell may have changed. */
  changed(): void {
    if (this.#isStopped || this.#isSending) return;
    this.#timer?.[Symbol.dispose]();
    if (!this.#isConnected) return this.#lookAtUnsaid();
    const { clock } = this.#options;
    const nowMs = clock.monotonic();
    const report = fittingReport(this.current());
    const change = changeBetween(this.#accepted, report);
    const passedMs = this.#passedMs(change, report, nowMs);
    const dueMs = Math.max(nowMs + gatherMs, this.#dueMs(change), this.#notBeforeMs, passedMs);
    this.#timer = clock.after(dueMs - nowMs, () => void this.#send());
  }

  /** There is an occasion to report, which passes: whatever is due. */
  async occasion(): Promise<void> {
    await this.#send();
  }

  /** Where an update ended, or trouble came up, the shore should know. */
  #lookAtUnsaid(): void {
    const report = fittingReport(this.current());
    if (changeBetween(this.#accepted, report) === 'phase' && !isPassing(report)) this.#options.onUnsaid?.();
  }

  /** Until when the phases that pass may pass untold; a shore that was told nothing yet waits for none. */
  #passedMs(change: Change, report: Report, nowMs: number): number {
    const isNews = change === 'phase' || change === 'moment';
    const isWaitedFor = isNews && this.#accepted !== undefined && isPassing(report);
    this.#passingSinceMs = isWaitedFor ? (this.#passingSinceMs ?? nowMs) : undefined;
    return this.#passingSinceMs === undefined ? nowMs : this.#passingSinceMs + passingMs;
  }

  /** When a report of such a change is due: after the interval whatever it is. */
  #dueMs(change: Change): number {
    const lastMs = this.#lastTryMs + this.#options.intervalMs();
    if (change === 'none') return lastMs;
    return Math.min(lastMs, Math.max(this.#lastTryMs + spacingMs[change], this.#budget.fromMs(change)));
  }

  /** Whether the shore knows all that is urgent. */
  get isSettled(): boolean {
    return this.#accepted !== undefined && !this.#isSending;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** Once, until a report is accepted again. */
  #complain(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.log.write(this.#isComplaining ? 'debug' : 'warn', event, fields);
    this.#isComplaining = true;
  }

  async #send(): Promise<void> {
    if (this.#isStopped || this.#isSending) return;
    const { clock, random, link } = this.#options;
    this.#isSending = true;
    let isAccepted = false;
    try {
      this.#lastTryMs = clock.monotonic();
      this.#passingSinceMs = undefined;
      this.#counter += 1;
      const report = this.current();
      const fitting = fittingReport(report);
      this.#budget.spend(changeBetween(this.#accepted, fitting));
      const answer = await link.report(fitting);
      isAccepted = answer === 'accepted';
      if (isAccepted) {
        this.#accepted = fitting;
        this.#isComplaining = false;
        if (this.#isUnheard) this.#options.onHeardAgain();
      }
      this.#isUnheard = answer === 'offline';
      if (answer === 'rejected') {
        this.#complain('report.rejected', { counter: report.counter });
        this.#notBeforeMs = clock.monotonic() + rejectedMs * (1 + random.fraction());
      }
      // While the link is there but a report did not get through, the next try is not due at once.
      if (answer === 'offline' && this.#isConnected) this.#notBeforeMs = clock.monotonic() + spacingMs.applications;
    } catch (error) {
      this.#complain('report.failed', { error });
      this.#notBeforeMs = clock.monotonic() + rejectedMs;
    }
    this.#isSending = false;
    if (isAccepted) this.#options.onAccepted(this.#lastTryMs);
    this.changed();
  }
}
