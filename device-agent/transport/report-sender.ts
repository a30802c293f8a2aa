import { packedSum, packReport } from '../../schemas/brief-report.ts';
import type { Report } from '../../schemas/generated/types.ts';
import type { Acquaintance } from './acquaintance.ts';
import { ReportedState } from './reported-state.ts';
import type { RequestMark, ShadowAnswer } from './shadow-answers.ts';

/** What one session's reports go through. */
export interface ReportSenderOptions {
  readonly acquaintance: Acquaintance;
  /** Sends an update, and gives the answer that repeats the mark; undefined when none comes in time. */
  readonly ask: (mark: RequestMark, payload: string | Uint8Array) => Promise<ShadowAnswer | undefined>;
  /** A token that no other request has. */
  readonly nextToken: () => string;
}

const otherBase = 409;

/** Sends reports as the shadow service reads them: briefly where it said so, else as updates of the whole reported state. */
export class ReportSender {
  readonly #options: ReportSenderOptions;
  readonly #reported = new ReportedState();
  /** Taken in this session: after another one nobody knows which report the shore has, for a machine with the same key may have spoken. */
  #taken: Report | undefined;

  constructor(options: ReportSenderOptions) {
    this.#options = options;
  }

  send(report: Report): Promise<ShadowAnswer | undefined> {
    return this.#options.acquaintance.isBrief
      ? this.#sendBriefly(report)
      : this.#update(this.#reported.updateFor(report));
  }

  /** The shadow was read: what is reported there and not ours is taken back, unless the next report does so. */
  found(reported: unknown): void {
    const strangers = this.#reported.found(reported);
    if (strangers !== undefined) void this.#update(strangers);
  }

  #update(reported: object): Promise<ShadowAnswer | undefined> {
    const clientToken = this.#options.nextToken();
    return this.#options.ask(clientToken, JSON.stringify({ state: { reported }, clientToken }));
  }

  async #sendBriefly(report: Report): Promise<ShadowAnswer | undefined> {
    let answer = await this.#ask(packReport(report, this.#taken));
    // The shore has another one than this agent knows of, or none.
    if (answer?.kind === 'rejected' && answer.code === otherBase) answer = await this.#ask(packReport(report));
    if (answer?.kind === 'accepted') this.#taken = report;
    return answer;
  }

  #ask(packed: Uint8Array): Promise<ShadowAnswer | undefined> {
    return this.#options.ask(packedSum(packed), packed);
  }
}
