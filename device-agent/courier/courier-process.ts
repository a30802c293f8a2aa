import type { ChildProcess, Clock, CountTravel, Log, Processes, ReturnKey, Segments } from '../../platform/ports.ts';
import type { Progress } from '../../schemas/generated/types.ts';
import type { AgentTime } from '../download/metadata.ts';
import type { CountBytes } from '../download/small-file.ts';
import type { Enrolment } from '../enrol.ts';
import type { ModulesCame } from '../links/observed-rate.ts';
import type { Want } from '../neighbours/wants.ts';
import type { NewsQuestion, NewsReply, PartReply } from '../transport/news.ts';
import type { BringErrand, Brought, Courier, Failure, Verdict } from './courier.ts';
import { failureOf } from './failure-of.ts';
import type { OrderParcel } from './forwarded-orders.ts';
import type { Errand, FromCourier, Outcomes, ToCourier } from './protocol.ts';

/** What the supervisor's end of the courier needs. */
export interface CourierProcessOptions {
  readonly processes: Pick<Processes, 'start'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The courier's program and its arguments. */
  readonly file: string;
  readonly args: readonly string[];
  /** Told what it learns. */
  readonly time: AgentTime;
  readonly countBytes: CountBytes;
  readonly countTravel: CountTravel;
  readonly modulesCame: ModulesCame;
  readonly orderParcel: OrderParcel;
  /** Told what is wanted by now. */
  readonly onWants?: (wants: readonly Want[]) => void;
  /** Of the supervisor's connections: what either of both finds out the other need not. */
  readonly segments: Segments;
  /** Asked by what needs the first courier, which is started when that resolves. */
  readonly due?: () => Promise<void>;
}

/** An errand under way. */
interface Pending {
  readonly id: number;
  readonly errand: Errand;
  readonly onProgress: (progress: Progress) => void;
  resolve(outcome: Outcomes[keyof Outcomes]): void;
}

const aborted: Failure = {
  kind: 'failed',
  problem: { code: 'ABORTED', message: 'it is no longer wanted' },
  isLink: true,
};

/** How long a courier waits for another errand: its connections serve again meanwhile. */
const idleMs = 10_000;

/**
 * A courier under way that has not said a word for so long hangs: no answer from the network takes it a minute, and what it
 * unpacks must stay within its budget of seconds, even on a processor much slower than the estimate is made for.
 */
const silenceMsMax = 30 * 60_000;

/** An outcome for an errand whose courier met its end. */
function lost(errand: Errand, failure: Failure, unpacked?: string): Outcomes[keyof Outcomes] {
  switch (errand.kind) {
    case 'judge':
    case 'judge-bundle':
    case 'answer':
      return failure;
    case 'bring': {
      const { memory } = errand.errand;
      const spoilt = unpacked === undefined ? memory.spoilt : [...memory.spoilt, unpacked];
      return { memory: { ...memory, spoilt }, result: failure };
    }
    case 'enrol':
      return { kind: 'unreachable', message: failure.problem.message };
    case 'news':
      return { kind: 'unanswered', trouble: { kind: 'https', message: failure.problem.message } };
    case 'part':
      return { kind: 'unsent' };
    default:
      return errand satisfies never;
  }
}

/**
 * A courier in a process of its own, which is started for an errand and ended when there was none for a while: what TLS, the
 * judging of metadata and a delta's decoder take of the device's memory is given back with it, and if it is too much, it
 * costs the courier and not the supervisor.
 */
export class CourierProcess implements Courier {
  readonly #options: CourierProcessOptions;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #isDue: boolean;
  #child: ChildProcess | undefined;
  #isReady = false;
  #unpacking: string | undefined;
  /** Ends a courier that has nothing to do, or hangs. */
  #timer: Disposable | undefined;
  #returnKey: ReturnKey | undefined;
  #wants: readonly Want[] = [];
  /** What of its news could not be taken down since. */
  #fault: Failure | undefined;

  constructor(options: CourierProcessOptions) {
    this.#options = options;
    this.#isDue = options.due === undefined;
  }

  judge(...[desired, signal]: Parameters<Courier['judge']>): Promise<Verdict> {
    return this.#send<'judge'>({ kind: 'judge', desired }, () => {}, signal);
  }

  judgeBundle(...[path, signal]: Parameters<Courier['judgeBundle']>): ReturnType<Courier['judgeBundle']> {
    return this.#send<'judge-bundle'>({ kind: 'judge-bundle', path }, () => {}, signal);
  }

  answer(...[envelope, signal]: Parameters<Courier['answer']>): ReturnType<Courier['answer']> {
    return this.#send<'answer'>({ kind: 'answer', envelope }, () => {}, signal);
  }

  bring(errand: BringErrand, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<Brought> {
    return this.#send<'bring'>({ kind: 'bring', errand }, onProgress, signal);
  }

  enrol(signal: AbortSignal): Promise<Enrolment> {
    return this.#send<'enrol'>({ kind: 'enrol' }, () => {}, signal);
  }

  /** Asks once whether there is news. */
  news(question: NewsQuestion, signal: AbortSignal): Promise<NewsReply> {
    return this.#send<'news'>({ kind: 'news', question }, () => {}, signal);
  }

  /** Takes a part of a batch of messages to the shore. */
  part(part: Uint8Array, signal: AbortSignal): Promise<PartReply> {
    return this.#send<'part'>({ kind: 'part', part: Buffer.from(part).toString('base64') }, () => {}, signal);
  }

  /** Ends the process where nothing is asked of it: it is not waited for more. */
  rest(): void {
    if (this.#pending.size === 0) this.stop();
  }

  /** Ends the process; everything it does can be taken up where it was. */
  stop(): void {
    this.#end();
    this.#loseAll(aborted);
  }

  #end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#child?.kill('SIGKILL');
    // Whether it is gone already or not: the next one waits for its lock.
    this.#child = undefined;
    this.#rest();
  }

  /** Something happened: what comes next is waited for anew. */
  #wait(): void {
    this.#timer?.[Symbol.dispose]();
    const { clock } = this.#options;
    if (this.#pending.size === 0) {
      this.#timer = clock.after(idleMs, () => this.stop());
      return;
    }
    this.#timer = clock.after(silenceMsMax, () => {
      this.#end();
      this.#ended(`hanging for ${silenceMsMax / 60_000} minutes`);
    });
  }

  #send<K extends Errand['kind']>(
    errand: Extract<Errand, { readonly kind: K }>,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Outcomes[K]> {
    if (signal.aborted) return Promise.resolve(lost(errand, aborted) as Outcomes[K]);
    this.#lastId += 1;
    const id = this.#lastId;
    const outcome = new Promise<Outcomes[K]>((resolve) => {
      this.#pending.set(id, { id, errand, onProgress, resolve: resolve as Pending['resolve'] });
    });
    // One that hangs says no word more often because more is asked of it.
    if (this.#pending.size === 1) this.#wait();
    if (this.#child === undefined) this.#startWhenDue();
    else if (this.#isReady) this.#hand(this.#pending.get(id)!);
    const abort = (): void => this.#abort(id);
    signal.addEventListener('abort', abort);
    return outcome.finally(() => signal.removeEventListener('abort', abort));
  }

  #hand({ id, errand }: Pending): void {
    const { time, segments } = this.#options;
    const known = { floorMs: time.floorMs(), areSegmentsShort: segments.areShort };
    const key = this.#returnKey === undefined ? {} : { returnKey: this.#returnKey };
    this.#child?.send({ kind: 'errand', id, ...known, ...key, errand } satisfies ToCourier);
  }

  /** What was handed over ends when the courier says so: until then its files are not free for others. */
  #abort(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (this.#isReady && this.#child !== undefined) this.#child.send({ kind: 'abort', id } satisfies ToCourier);
    else this.#done(id, lost(pending.errand, aborted));
  }

  #startWhenDue(): void {
    if (this.#isDue) return this.#start();
    void this.#options.due?.().then(() => {
      this.#isDue = true;
      if (this.#child === undefined && this.#pending.size > 0) this.#start();
    });
  }

  #start(): void {
    this.#wait();
    const { processes, file, args } = this.#options;
    const child = processes.start(file, args);
    this.#child = child;
    this.#isReady = false;
    this.#unpacking = undefined;
    child.onMessage((message) => {
      if (this.#child === child) this.#receive(message as FromCourier, child);
      else this.#hearLate(message as FromCourier);
    });
    child.onExit(({ code, signal, fault }) => {
      if (this.#child === child) this.#ended(fault ?? signal ?? `code ${code}`);
    });
  }

  #receive(message: FromCourier, child: ChildProcess): void {
    this.#wait();
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        for (const pending of this.#pending.values()) this.#hand(pending);
        return;
      case 'progress':
        this.#pending.get(message.id)?.onProgress(message.progress);
        return;
      case 'received':
        this.#note(() => this.#options.countBytes(message.bytes));
        return;
      case 'travelled':
        this.#options.countTravel(message.bytes, message.via);
        return;
      case 'modules':
        this.#options.modulesCame(message.flow, message.via);
        return;
      case 'wants':
        this.#want(message.wants);
        return;
      case 'order':
        void this.#order(message, child);
        return;
      case 'signed':
        if (message.isNow === true) this.#options.time.heard(message.atMs);
        else this.#note(() => this.#options.time.raise(message.atMs));
        return;
      case 'unpacking':
        this.#unpacking = message.sha256;
        return;
      case 'done':
        this.#options.segments.areShort = message.areSegmentsShort ?? this.#options.segments.areShort;
        this.#returnKey = message.returnKey;
        this.#done(message.id, message.outcome);
        return;
      default:
        throw new Error(message satisfies never);
    }
  }

  /** Of one that is gone already: what it had taken of a link by then is taken. */
  #hearLate(message: FromCourier): void {
    if (message.kind === 'travelled') this.#options.countTravel(message.bytes, message.via);
  }

  #want(wants: readonly Want[]): void {
    this.#wants = wants;
    this.#options.onWants?.(wants);
  }

  /** Without a courier nothing is being fetched. */
  #rest(): void {
    if (!this.#wants.some(({ isFetching }) => isFetching)) return;
    this.#want(this.#wants.map((want) => ({ ...want, isFetching: false })));
  }

  /** The answer is of use to nobody but who ordered. */
  async #order({ id, order }: Extract<FromCourier, { readonly kind: 'order' }>, child: ChildProcess): Promise<void> {
    const parcel = await this.#options.orderParcel(Buffer.from(order, 'base64'));
    if (this.#child !== child) return;
    const text = parcel === undefined ? {} : { parcel: Buffer.from(parcel).toString('base64') };
    child.send({ kind: 'parcel', id, ...text } satisfies ToCourier);
  }

  /** What the disk does not take must not be acted on: the errands under way then failed. */
  #note(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#fault ??= failureOf(error);
    }
  }

  #done(id: number, outcome: Outcomes[keyof Outcomes]): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.resolve(this.#fault === undefined ? outcome : lost(pending.errand, this.#fault));
    if (this.#pending.size > 0) return;
    this.#fault = undefined;
    this.#wait();
  }

  #ended(how: string): void {
    const unpacked = this.#unpacking;
    this.#child = undefined;
    this.#rest();
    this.#timer?.[Symbol.dispose]();
    if (this.#pending.size === 0) return;
    const whileUnpacking = unpacked === undefined ? '' : ' while it unpacked; that form is not tried again';
    const message = `the process that fetches ended by ${how}${whileUnpacking}`;
    this.#options.log.write('warn', 'courier.ended', { how, unpacking: unpacked });
    this.#loseAll({ kind: 'failed', problem: { code: 'COURIER_ENDED', message }, isLink: false }, unpacked);
  }

  #loseAll(failure: Failure, unpacked?: string): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#fault = undefined;
    for (const one of pending) one.resolve(lost(one.errand, failure, unpacked));
  }
}
