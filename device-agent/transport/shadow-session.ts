/**
 * One connection to the broker and the shadow behind it, from connect to its end. It does not reconnect: what comes next is
 * decided outside, with a fresh certificate and our own backoff.
 */
import './no-system-authorities.ts';
import { type MqttClientConnection, QoS } from 'aws-crt/dist/native/mqtt.js';
import { IotShadowClientv2 } from 'aws-iot-device-sdk-v2/dist/iotshadow/iotshadowclientv2.js';
import type { Clock, Relays } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { batchTopics } from '../../schemas/message-batch.ts';
import { type BrokerAccess, newConnection } from './broker-connection.ts';
import { troubleOf } from './link-trouble.ts';
import { ReportedState } from './reported-state.ts';
import { SessionError } from './session-error.ts';
import { Wire } from './wire.ts';

/** The named shadow that carries deployments and reports. */
export const shadowName = 'fleet';

export interface SessionOptions extends BrokerAccess {
  readonly clock: Clock;
  readonly relays: Relays;
  /** How long it waits to be taken. */
  readonly connectMsMax: number;
  /** The desired state, whole; maybe the same as before. */
  onDesired(desired: unknown): void;
  onBatchAnswer(payload: Uint8Array): void;
  /** Called once, when an open session has ended, unless it was closed from here. */
  onEnd(how: 'short' | 'refused', reason: string): void;
}

/**
 * How long an answer is waited for at first; twice as long after each time that none came. A broker drops what is said while
 * the shadow service is not subscribed, and says nothing of it.
 */
const firstAnswerMsMax = 10_000;

/** How long a broker may say nothing when there is reason to think that it does not hear. */
const doubtMsMax = 20_000;

/** That no answer came in time. */
const silence = Symbol('silence');

const notFound = 404;

/** Code of a shadow service's refusal; undefined when it did not answer. */
function refusalCode(error: unknown): number | undefined {
  const modeled = (error as { modeledError?: { code?: unknown } } | undefined)?.modeledError;
  return typeof modeled?.code === 'number' ? modeled.code : undefined;
}

/** The state of a delta message; undefined when it is none. */
function stateOfDelta(payload: ArrayBuffer): unknown {
  try {
    const message: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof message === 'object' && message !== null && 'state' in message ? message.state : undefined;
  } catch {
    return undefined;
  }
}

/** A library that refuses what it was shown says so half a minute later, lest whoever showed it learns from the time it took. */
const wordMsMax = 1_000;

/** What the library says of a connect: that it connected, or why not. */
type Word = { readonly kind: 'connected' } | { readonly kind: 'failed'; readonly said?: string };

/** What is said within a moment, else that it failed without a word. */
async function soon(word: Promise<Word>, clock: Clock): Promise<Word> {
  const over = Promise.withResolvers<Word>();
  using _patience = clock.after(wordMsMax, () => over.resolve({ kind: 'failed' }));
  return await Promise.race([word, over.promise]);
}

/**
 * Rejects when no connection comes about. What the library says of it names its own end of the wire only: why nobody was
 * reached is known at the other.
 */
async function connect(connection: MqttClientConnection, wire: Wire, clock: Clock): Promise<void> {
  wire.awaitWord();
  const word: Promise<Word> = connection.connect().then(
    () => ({ kind: 'connected' }),
    (said: unknown) => ({ kind: 'failed', said: String(said) }),
  );
  const last = wire.ended.then(({ kind }) => (kind === 'left' ? word : soon(word, clock)));
  const first = await Promise.race([word, last]);
  if (first.kind === 'connected') return;
  wire.close();
  const end = await wire.ended;
  throw new SessionError(end.kind === 'unreachable' ? 'unreachable' : 'refused', troubleOf(end, first.said));
}

export class ShadowSession {
  readonly #options: SessionOptions;
  readonly #reported = new ReportedState();
  #wire: Wire | undefined;
  #connection: MqttClientConnection | undefined;
  #shadow: IotShadowClientv2 | undefined;
  #closing: Promise<void> | undefined;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #answerMsMax = firstAnswerMsMax;
  /** The subscription to what the shore says of batches, made before the first is sent. */
  #answers: Promise<boolean> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Connects and hears changes from then on. Rejects when any of it fails, with a `SessionError` when that is the broker's. */
  async open(): Promise<void> {
    const wire = await Wire.open(this.#options);
    if (this.#isClosed()) return wire.close();
    this.#wire = wire;
    const connection = newConnection(this.#options, wire.port);
    this.#connection = connection;
    connection.on('interrupt', (error) => this.#end('short', error.error_name ?? String(error)));
    await connect(connection, wire, this.#options.clock);
    if (this.#isClosed()) return;
    this.#state = 'open';
    // What the library leaves by itself it gives its own reason for.
    void wire.ended.then(({ kind, reason }) => {
      if (kind !== 'left') this.#end(kind === 'flooded' ? 'refused' : 'short', reason);
    });
    this.#shadow = IotShadowClientv2.newFromMqtt311(connection, {
      maxRequestResponseSubscriptions: 4,
      maxStreamingSubscriptions: 0,
      operationTimeoutInSeconds: this.#options.answerSecondsMax,
    });
    await this.#hearChanges(connection, wire);
  }

  /** Fetches what is wanted now, for it may have changed while there was no connection; asks again when nobody answers. */
  async fetchDesired(): Promise<void> {
    const asked: Promise<object | undefined>[] = [];
    let desired: object | undefined | typeof silence = silence;
    for (let patienceMs = firstAnswerMsMax; desired === silence && this.#state === 'open'; patienceMs *= 2) {
      const answer = this.#desired();
      // One that nobody waits for any more may fail unheard.
      answer.catch(() => {});
      asked.push(answer);
      desired = await this.#orSilence(Promise.race(asked), patienceMs);
    }
    if (desired !== undefined && desired !== silence) this.#options.onDesired(desired);
  }

  /** What is wanted; undefined when nothing is. Rejects when it is refused or there is no answer at all. */
  async #desired(): Promise<object | undefined> {
    try {
      this.#wire?.awaitWord();
      const { state } = await this.#openShadow().getNamedShadow({ thingName: this.#options.device, shadowName });
      this.#clean(state?.reported);
      return state?.desired;
    } catch (error) {
      // No shadow yet: nothing was ever wanted of this device.
      if (refusalCode(error) === notFound) return undefined;
      throw error;
    }
  }

  /** Takes back what is reported and not ours, unless the next report does. */
  #clean(reported: unknown): void {
    const strangers = this.#reported.found(reported);
    if (strangers !== undefined) this.#update(strangers).catch(() => {});
  }

  #update(reported: object): Promise<unknown> {
    this.#wire?.awaitWord();
    return this.#openShadow().updateNamedShadow({ thingName: this.#options.device, shadowName, state: { reported } });
  }

  async #orSilence<T>(answer: Promise<T>, patienceMs: number): Promise<T | typeof silence> {
    const over = Promise.withResolvers<typeof silence>();
    using _patience = this.#options.clock.after(patienceMs, () => over.resolve(silence));
    return await Promise.race([answer, over.promise]);
  }

  async report(report: Report): Promise<'accepted' | 'rejected' | 'offline'> {
    if (this.#shadow === undefined) return 'offline';
    const answer = this.#update(this.#reported.updateFor(report)).then(
      () => 'accepted' as const,
      (error: unknown) => (refusalCode(error) === undefined ? 'offline' : 'rejected'),
    );
    const outcome = await this.#orSilence(answer, this.#answerMsMax);
    const next = outcome === silence ? 2 * this.#answerMsMax : firstAnswerMsMax;
    this.#answerMsMax = Math.min(next, this.#options.answerSecondsMax * 1000);
    return outcome === silence ? 'offline' : outcome;
  }

  /** True when the broker has it; rather not than late. */
  async sendBatchPart(part: Uint8Array): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined || this.#state !== 'open') return false;
    const { out, taken } = batchTopics(this.#options.device);
    this.#answers ??= this.#subscribe(connection, taken).catch(() => false);
    if (!(await this.#answers)) {
      this.#answers = undefined;
      return false;
    }
    this.#wire?.awaitWord();
    const sent = connection.publish(out, part.slice().buffer, QoS.AtLeastOnce).then(
      () => true,
      () => false,
    );
    return (await this.#orSilence(sent, this.#options.answerSecondsMax * 1000)) === true;
  }

  /** Says what costs little and is answered at once: a session that is dead ends soon. */
  probe(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#state !== 'open') return;
    this.#wire?.awaitWord(doubtMsMax);
    this.#subscribe(connection, this.#changesTopic).catch(() => {});
  }

  get #changesTopic(): string {
    return `$aws/things/${this.#options.device}/shadow/name/${shadowName}/update/delta`;
  }

  async #subscribe(connection: MqttClientConnection, topic: string): Promise<boolean> {
    this.#wire?.awaitWord();
    const { qos } = await connection.subscribe(topic, QoS.AtLeastOnce);
    return qos <= QoS.AtLeastOnce;
  }

  /** Once, however often it is asked for: the library does not answer two of them. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#state = 'closed';
    this.#shadow?.close();
    this.#shadow = undefined;
    try {
      await this.#connection?.disconnect();
    } finally {
      this.#wire?.close();
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #openShadow(): IotShadowClientv2 {
    if (this.#shadow === undefined) throw new Error('the session is closed');
    return this.#shadow;
  }

  /**
   * A delta holds what is desired and not reported. A report has none of the desired state's keys, so the delta is the whole
   * desired state and nothing has to be fetched.
   *
   * Heard as plain messages: the SDK's streams, and callbacks given with a subscription, are never released, which would leak
   * one at each reconnect and keep the process from ending.
   */
  async #hearChanges(connection: MqttClientConnection, wire: Wire): Promise<void> {
    const topic = this.#changesTopic;
    const { taken } = batchTopics(this.#options.device);
    connection.on('message', (from, payload) => {
      wire.delivered();
      if (from === taken && this.#state === 'open') this.#options.onBatchAnswer(new Uint8Array(payload));
      const desired = from === topic && this.#state === 'open' ? stateOfDelta(payload) : undefined;
      if (desired !== undefined) this.#options.onDesired(desired);
    });
    if (!(await this.#subscribe(connection, topic))) {
      throw new SessionError('refused', { kind: 'refused', message: `the broker refuses ${topic}` });
    }
  }

  /** The SDK would now go on reconnecting by itself. */
  #end(how: 'short' | 'refused', reason: string): void {
    if (this.#state !== 'open') return;
    void this.close().catch(() => {});
    this.#options.onEnd(how, reason);
  }
}
