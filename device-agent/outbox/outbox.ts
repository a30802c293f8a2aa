import type { Clock, Disk, Log, Random } from '../../platform/ports.ts';
import { type BatchAnswer, decodeAnswer } from '../../schemas/batch-answer.ts';
import type { OutboxReport, TakenMark } from '../../schemas/generated/types.ts';
import { batchParts } from '../../schemas/message-batch.ts';
import { AwaitedAnswer, type Word } from './awaited-answer.ts';
import { type Carried, type CarriedPlace, nextCarried } from './carried.ts';
import type { Batch } from './channel-backlog.ts';
import { packChannelBatch } from './channel-batch.ts';
import { DayBudget } from './day-budget.ts';
import {
  answerMsMax,
  answerMsMin,
  batchBytesMax,
  besideUpdateMs,
  collectMs,
  gatherMs,
  partMs,
  seldomMs,
  waitMsMax,
} from './limits.ts';
import { type OutboxChannel, OutboxChannels, type OwnChannel } from './outbox-channels.ts';
import { reportOutbox } from './report-outbox.ts';

/** What else has something to say over the same link, and goes first: a report, or an update that is being fetched. */
export type Urgent = 'report' | 'update' | undefined;

/** What the outbox stands on. */
export interface OutboxOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly directory: string;
  /** The channel of what the agent itself has to say: it begins, and has its turn like others. */
  readonly own: OwnChannel;
  /** Hands a part of a batch to the broker; false when there is no connection, or it went away meanwhile. */
  readonly send: (part: Uint8Array) => Promise<boolean>;
  readonly urgent: () => Urgent;
  /** Names of the applications that may run again; undefined while it can't be told. */
  readonly held: () => ReadonlySet<string> | undefined;
  /** What it may send in a day; without it, what there is. */
  readonly bytesPerDay?: number;
  /** Another reason to keep messages than before, or one less. */
  readonly onChange: () => void;
}

/** Bytes that MQTT, TLS and TCP add to a part and its acknowledgements. */
const overheadBytes = 200;

/**
 * Sends what channels have to say to the shore, one batch at a time, in order within each channel, and by turns: the agent's own begins,
 * and takes no more turns than any other, over however many short connections. What was sent is sent again until the shore says that it has it durably.
 *
 *     files ─► look, every few seconds ─► batch ─► parts ─► broker ─► shore
 *                  removes what the shore has  ◄─ taken, or wait ◄──────┘
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #channels: OutboxChannels;
  readonly #budget: DayBudget;
  #isConnected = false;
  /** Counts connections and their ends: silence of an earlier one says nothing of this. */
  #connections = 0;
  readonly #stopping = new AbortController();
  #isStarted = false;
  /** Whether something that runs may have something to say. */
  #isExpected = false;
  #isSending = false;
  #timer: Disposable | undefined;
  /** Whether that comes within the time that messages are gathered for. */
  #isPassSoon = false;
  #collectsAtMs = 0;
  #awaited: AwaitedAnswer | undefined;
  #batches = 0;
  /** Whose turn it was last. */
  #last: OutboxChannel | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** After a batch that nobody answered. */
  #silentUntilMs = Number.NEGATIVE_INFINITY;
  #patienceMs = answerMsMin;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { disk, clock, directory, own, bytesPerDay } = options;
    this.#channels = new OutboxChannels(directory, own, options);
    this.#budget = new DayBudget(`${directory}.day`, disk, clock, bytesPerDay);
  }

  start(): void {
    this.#isStarted = true;
    this.#pass();
  }

  /** Whether an application that runs speaks to the shore: while none does and nothing waits, nobody looks. */
  expect(isExpected: boolean): void {
    this.#isExpected = isExpected;
    if (isExpected) this.#passSoon();
  }

  /** The agent's own channel has something new. */
  noted(): void {
    this.#passSoon();
  }

  stop(): void {
    this.#stopping.abort();
    this.#timer?.[Symbol.dispose]();
    this.#awaited?.end('silence');
    this.#attempt(() => this.#budget.note());
  }

  connection(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#connections += 1;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.#silentUntilMs = Number.NEGATIVE_INFINITY;
    this.#patienceMs = answerMsMin;
    if (isConnected) this.#passSoon();
    else this.#awaited?.end('silence');
  }

  /** The shore said something of a batch. */
  answered(payload: Uint8Array): void {
    const answer = decodeAnswer(payload);
    const channel = answer && this.#channels.find(answer.application, answer.channel);
    if (answer === undefined || channel === undefined) return;
    this.#attempt(() => this.#take(channel, answer));
    if (this.#awaited?.channel === channel) this.#awaited.end('answered');
  }

  /** The shore answered what was said to it at that time, on the monotonic clock: it hears. */
  heard(saidMs: number): void {
    this.#awaited?.heard(saidMs);
    if (this.#silentUntilMs !== Number.NEGATIVE_INFINITY) this.#passSoon();
    this.#silentUntilMs = Number.NEGATIVE_INFINITY;
    // What let a report go first goes now: where reports come as often as looks, each look would meet one.
    void this.#pump();
  }

  /** What is carried by hand behind a place, or before all; undefined where no more waits. */
  carried(after: CarriedPlace | undefined): Carried | undefined {
    if (after === undefined) this.#attempt(() => this.#channels.look());
    return nextCarried(this.#channels, after);
  }

  /** What the shore has, as somebody brought its word. */
  taken(marks: readonly TakenMark[]): void {
    this.#attempt(() => this.#channels.look());
    for (const { application, channel, stream, ...position } of marks) {
      const found = this.#channels.find(application, channel);
      if (found !== undefined) this.#attempt(() => found.backlog.taken(Buffer.from(stream, 'hex'), position));
    }
    // What is let go of leaves the disk now: nobody looks soon where there is no link.
    this.#attempt(() => this.#channels.look());
    this.#options.onChange();
  }

  /** For the report; undefined where no channel ever had something for the shore. */
  report(): OutboxReport | undefined {
    return reportOutbox(this.#channels.all, this.#options.clock.now(), this.#budget.left <= 0);
  }

  #take(channel: OutboxChannel, answer: BatchAnswer): void {
    const before = channel.held?.code;
    if ('taken' in answer) {
      channel.backlog.taken(Buffer.from(answer.stream, 'hex'), answer.taken);
      channel.held = undefined;
    } else {
      const { seconds, code, message } = answer.wait;
      const waitMs = Math.min(seconds * 1000, waitMsMax) * (1 + this.#options.random.fraction() / 4);
      channel.notBeforeMs = this.#options.clock.monotonic() + waitMs;
      channel.held = { code, message };
    }
    if (channel.held?.code !== before) this.#options.onChange();
  }

  #pass(): void {
    this.#attempt(() => this.#channels.look());
    this.#attempt(() => this.#collect());
    if (this.#stopping.signal.aborted) return;
    this.#passAfter(this.#restMs());
    void this.#pump();
  }

  #passAfter(delayMs: number | undefined): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = delayMs === undefined ? undefined : this.#options.clock.after(delayMs, () => this.#pass());
  }

  #passSoon(): void {
    if (!this.#isStarted || this.#stopping.signal.aborted || this.#isPassSoon) return;
    this.#isPassSoon = true;
    this.#passAfter(gatherMs);
  }

  /** How long nobody has to look; undefined where nothing waits that could be sent or grow too old. */
  #restMs(): number | undefined {
    this.#isPassSoon = this.#isExpected;
    if (this.#isExpected) return gatherMs;
    const waiting = [this.#channels.own, ...this.#channels.all].filter(({ backlog }) => backlog.isWaiting);
    if (waiting.length === 0) return undefined;
    if (!this.#isConnected) return seldomMs;
    const dueMs = Math.max(
      this.#notBeforeMs,
      this.#silentUntilMs,
      Math.min(...waiting.map(({ notBeforeMs }) => notBeforeMs)),
    );
    return Math.min(seldomMs, Math.max(gatherMs, dueMs - this.#options.clock.monotonic()));
  }

  #collect(): void {
    const nowMs = this.#options.clock.monotonic();
    if (nowMs < this.#collectsAtMs) return;
    this.#collectsAtMs = nowMs + collectMs;
    const held = this.#options.held();
    if (held !== undefined) this.#channels.collect(held);
  }

  /** An error here ends neither the agent nor the next pass. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.write('error', 'outbox.failed', { error });
    }
  }

  async #pump(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#mayGo() && (await this.#sendNext()));
    } catch (error) {
      this.#options.log.write('error', 'outbox.failed', { error });
    }
    this.#isSending = false;
  }

  #mayGo(): boolean {
    const { clock, urgent } = this.#options;
    if (this.#stopping.signal.aborted || !this.#isConnected) return false;
    if (clock.monotonic() < Math.max(this.#notBeforeMs, this.#silentUntilMs)) return false;
    return urgent() !== 'report' && this.#budget.left > 0;
  }

  /** False when there is nothing more to send now. */
  async #sendNext(): Promise<boolean> {
    const { clock, urgent } = this.#options;
    const next = this.#nextBatch();
    if (next === undefined) return false;
    this.#last = next.channel;
    const connection = this.#connections;
    const parts = this.#pack(next.channel, next.batch);
    const word = await this.#tell(next.channel, parts);
    if (connection !== this.#connections) return false;
    if (word === 'passed-over') return true;
    if (word === 'silence') {
      this.#beSilent();
      return false;
    }
    this.#patienceMs = answerMsMin;
    if (urgent() === 'update') this.#notBeforeMs = clock.monotonic() + besideUpdateMs;
    await clock.sleep(parts.length * partMs, this.#stopping.signal).catch(() => {});
    return true;
  }

  async #tell(channel: OutboxChannel, parts: readonly Uint8Array[]): Promise<Word> {
    const awaited = new AwaitedAnswer(channel, this.#options.clock, this.#patienceMs);
    this.#awaited = awaited;
    if (!(await this.#send(parts))) awaited.end('silence');
    awaited.sent();
    const word = await awaited.word;
    this.#awaited = undefined;
    return word;
  }

  /** The one after the last that has something and may speak. */
  #nextBatch(): { readonly channel: OutboxChannel; readonly batch: Batch } | undefined {
    const all = [this.#channels.own, ...this.#channels.all];
    const from = this.#last === undefined ? 0 : all.indexOf(this.#last) + 1;
    const nowMs = this.#options.clock.monotonic();
    for (const channel of [...all.slice(from), ...all.slice(0, from)]) {
      if (channel.notBeforeMs > nowMs) continue;
      // What was refused is tried with one message: the rest would travel in vain.
      const messagesMax = channel.held === undefined ? this.#channels.messagesMax(channel) : 1;
      const batch = channel.backlog.next(Math.min(batchBytesMax, this.#budget.left), messagesMax);
      if (batch !== undefined) return { channel, batch };
    }
    return undefined;
  }

  #pack(channel: OutboxChannel, batch: Batch): readonly Uint8Array[] {
    this.#batches = (this.#batches + 1) % 2 ** 32;
    return batchParts(this.#batches, packChannelBatch(channel, batch));
  }

  async #send(parts: readonly Uint8Array[]): Promise<boolean> {
    for (const part of parts) {
      this.#budget.spend(part.length + overheadBytes);
      if (!(await this.#options.send(part))) return false;
    }
    return true;
  }

  /** A broker drops what is said while nobody is subscribed, and says nothing of it. */
  #beSilent(): void {
    const { clock, random } = this.#options;
    this.#silentUntilMs = clock.monotonic() + this.#patienceMs * random.fraction();
    this.#patienceMs = Math.min(2 * this.#patienceMs, answerMsMax);
  }
}
