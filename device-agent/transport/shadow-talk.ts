/** What is said over one session with the shadow service: what is wanted, what is reported, and the answers. */
import type { Clock } from '../../platform/ports.ts';
import { sumOfJson } from '../../schemas/brief-report.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { Acquaintance } from './acquaintance.ts';
import { ParcelOrders } from './parcel-orders.ts';
import { ReportSender } from './report-sender.ts';
import { type RequestMark, type ShadowAnswer, ShadowAnswers } from './shadow-answers.ts';

/** The named shadow that carries deployments and reports. */
export const shadowName = 'fleet';

/** How surely a message comes to its other end: whoever waits for an answer needs no receipt. */
export type Surety = 'with-receipt' | 'by-answer';

export interface ShadowTalkOptions {
  readonly device: string;
  readonly clock: Clock;
  readonly answerSecondsMax: number;
  readonly acquaintance: Acquaintance;
  /** Rejects when it can't be said. */
  readonly say: (topic: string, payload: string | Uint8Array, surety: Surety) => Promise<void>;
  /** False when the broker refuses it. */
  readonly subscribe: (filter: string, surety: Surety) => Promise<boolean>;
  /** Something that nobody gave a receipt for was not answered. */
  readonly onDoubt: () => void;
  /** The desired state, whole; maybe the same as before. */
  readonly onDesired: (desired: unknown) => void;
}

/**
 * How long an answer is waited for at first; twice as long after each time that none came. A broker drops what is said while
 * the shadow service is not subscribed, and says nothing of it.
 */
const firstAnswerMsMax = 10_000;

/** How long a parcel is waited for, which may be longer than most answers: then it is asked for by HTTPS. */
const parcelMsMax = 30_000;

const notFound = 404;

const delta = 'update/delta';
const answersToReports = ['update/accepted', 'update/rejected'] as const;

/** The state of a delta message; undefined when it is none. */
function stateOfDelta(payload: Uint8Array): unknown {
  try {
    const message: unknown = JSON.parse(new TextDecoder().decode(payload));
    return isObject(message) ? message.state : undefined;
  } catch {
    return undefined;
  }
}

export class ShadowTalk {
  readonly #options: ShadowTalkOptions;
  readonly #prefix: string;
  readonly #answers = new ShadowAnswers();
  readonly #reports: ReportSender;
  readonly #orders: ParcelOrders;
  /** Resolves once it is known how the service is spoken with. */
  readonly #agreed = Promise.withResolvers<void>();
  /** Whether all answers were subscribed to at once, as the service is known to say nothing that is not needed. */
  readonly #isAtOnce: boolean;
  readonly #born: string;
  #tokens = 0;
  #answerMsMax = firstAnswerMsMax;
  #isOver = false;

  constructor(options: ShadowTalkOptions) {
    this.#options = options;
    const { device, clock, acquaintance } = options;
    this.#prefix = `$aws/things/${device}/shadow/name/${shadowName}/`;
    this.#isAtOnce = acquaintance.isBrief;
    if (this.#isAtOnce) this.#agreed.resolve();
    // An answer to another session's request may come late.
    this.#born = clock.now().toString(36);
    this.#orders = new ParcelOrders(clock.now(), (message) => this.#say('get', message));
    this.#reports = new ReportSender({
      acquaintance,
      ask: (mark, payload) => this.#askInTime('update', mark, payload, this.#answerMsMax),
      nextToken: () => this.#nextToken(),
    });
  }

  /** A filter that it has subscribed to. */
  get filter(): string {
    return `${this.#prefix}${this.#isAtOnce ? '#' : delta}`;
  }

  /** Subscribes to what has to be heard; gives the filter that the broker refuses, if it does. */
  open(): Promise<string | undefined> {
    return this.#hear(this.#isAtOnce ? ['#'] : [delta, 'get/+']);
  }

  async #hear(names: readonly string[]): Promise<string | undefined> {
    const filters = names.map((name) => `${this.#prefix}${name}`);
    const granted = await Promise.all(filters.map((filter) => this.#options.subscribe(filter, this.#surety)));
    return filters[granted.indexOf(false)];
  }

  /** A receipt is asked for where messages are kept for a service that is away for a moment. */
  get #surety(): Surety {
    const { isBrief, isFollowed } = this.#options.acquaintance;
    return isBrief && isFollowed ? 'by-answer' : 'with-receipt';
  }

  #nextToken(): string {
    this.#tokens += 1;
    return `${this.#born}-${this.#tokens.toString(36)}`;
  }

  /** Takes a message that arrived; false when it is none of the shadow's. */
  heard(topic: string, payload: Uint8Array): boolean {
    if (!topic.startsWith(this.#prefix)) return false;
    const name = topic.slice(this.#prefix.length);
    if (name === delta) this.#changed(stateOfDelta(payload));
    else if (name === 'get/accepted' && this.#orders.heard(payload)) return true;
    else if (name.endsWith('/accepted')) this.#answers.heard('accepted', payload);
    else if (name.endsWith('/rejected')) this.#answers.heard('rejected', payload);
    return true;
  }

  /**
   * A delta holds what is desired and not reported. A report has none of the desired state's keys, so the delta is the whole
   * desired state and nothing has to be fetched.
   */
  #changed(desired: unknown): void {
    if (isObject(desired)) this.#options.acquaintance.desired = desired;
    if (desired !== undefined) this.#options.onDesired(desired);
  }

  async #ask(operation: 'get' | 'update', mark: RequestMark, payload: string | Uint8Array): Promise<ShadowAnswer> {
    const answer = this.#answers.to(mark);
    await this.#say(operation, payload);
    return answer;
  }

  #say(operation: 'get' | 'update', payload: string | Uint8Array): Promise<void> {
    return this.#options.say(`${this.#prefix}${operation}`, payload, this.#surety);
  }

  /** Undefined when there is no answer in time. */
  async #inTime<T>(answer: Promise<T>, patienceMs: number): Promise<T | undefined> {
    const over = Promise.withResolvers<undefined>();
    using _patience = this.#options.clock.after(patienceMs, () => over.resolve(undefined));
    return await Promise.race([answer, over.promise]);
  }

  async #askInTime(operation: 'get' | 'update', mark: RequestMark, payload: string | Uint8Array, patienceMs: number) {
    const asked = this.#ask(operation, mark, payload).catch((): ShadowAnswer => ({ kind: 'lost' }));
    const answer = await this.#inTime(asked, patienceMs);
    if (answer !== undefined) return answer;
    this.#answers.forget(mark);
    if (!this.#isOver && this.#surety === 'by-answer') this.#options.onDoubt();
    return undefined;
  }

  /**
   * Fetches what is wanted now, for it may have changed while there was no connection; asks again when nobody answers. Rejects when
   * it is refused.
   */
  async fetchDesired(): Promise<void> {
    const asked: Promise<ShadowAnswer>[] = [];
    let answer: ShadowAnswer | undefined;
    for (let patienceMs = firstAnswerMsMax; answer === undefined && !this.#isOver; patienceMs *= 2) {
      asked.push(this.#askDesired());
      answer = await this.#inTime(Promise.race(asked), patienceMs);
      if (answer === undefined && this.#surety === 'by-answer') this.#options.onDoubt();
    }
    if (answer !== undefined) await this.#told(answer);
  }

  #askDesired(): Promise<ShadowAnswer> {
    const clientToken = this.#nextToken();
    const { desired } = this.#options.acquaintance;
    const knows = desired === undefined ? 0 : sumOfJson(desired);
    return this.#ask('get', clientToken, JSON.stringify({ clientToken, knows }));
  }

  /** The service said what is wanted, and by the way whether it reads brief reports. */
  async #told(answer: ShadowAnswer): Promise<void> {
    if (answer.kind === 'lost') return;
    if (answer.kind === 'rejected' && answer.code !== notFound)
      throw new Error(`the shadow is refused: code ${answer.code}`);
    const { brief, state } = answer.kind === 'accepted' ? answer.body : {};
    await this.#agree(brief);
    const { acquaintance, onDesired } = this.#options;
    if (isObject(state)) {
      if (!acquaintance.isBrief) this.#reports.found(state.reported);
      if (isObject(state.desired)) acquaintance.desired = state.desired;
      else delete acquaintance.desired;
    }
    if (acquaintance.desired !== undefined) onDesired(acquaintance.desired);
  }

  async #agree(brief: unknown): Promise<void> {
    const { acquaintance } = this.#options;
    acquaintance.isBrief = isObject(brief);
    acquaintance.isFollowed = isObject(brief) && brief.isFollowed === true;
    acquaintance.fillsParcels = isObject(brief) && brief.fillsParcels === true;
    const refused = this.#isAtOnce ? undefined : await this.#hear(answersToReports);
    if (refused !== undefined) throw new Error(`the broker refuses ${refused}`);
    this.#agreed.resolve();
  }

  async report(report: Report): Promise<'accepted' | 'rejected' | 'offline'> {
    const isAgreed = await this.#inTime(
      this.#agreed.promise.then(() => true),
      this.#answerMsMax,
    );
    const answer = isAgreed ? await this.#reports.send(report) : undefined;
    const next = answer === undefined ? 2 * this.#answerMsMax : firstAnswerMsMax;
    this.#answerMsMax = Math.min(next, this.#options.answerSecondsMax * 1000);
    return answer === undefined || answer.kind === 'lost' ? 'offline' : answer.kind;
  }

  /** The parcel that is ordered; undefined where it does not come this way. Whoever did not answer in time is not asked again. */
  async orderParcel(order: Uint8Array): Promise<Uint8Array | undefined> {
    const { acquaintance } = this.#options;
    if (!acquaintance.fillsParcels || this.#isOver) return undefined;
    const placed = this.#orders.place(order).catch(() => undefined);
    const parcel = await this.#inTime(placed, parcelMsMax);
    if (parcel !== undefined) return parcel.length === 0 ? undefined : parcel;
    acquaintance.fillsParcels = false;
    if (!this.#isOver && this.#surety === 'by-answer') this.#options.onDoubt();
    return undefined;
  }

  /** The session is over. */
  close(): void {
    this.#isOver = true;
    this.#answers.close();
    this.#orders.close();
    this.#agreed.resolve();
  }
}
