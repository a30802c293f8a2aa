/**
 * One connection to the broker and the shadow behind it, from connect to its end. It does not reconnect: what comes next is
 * decided outside, with a fresh certificate and our own backoff.
 *
 * What is asked of the shadow service, and its answers, are plain messages: the shadow clients of the SDK subscribe and unsubscribe
 * around every request. A service of ours says in its first answer that it reads brief reports; any other hears whole ones.
 */
import './no-system-authorities.ts';
import { type MqttClientConnection, QoS } from 'aws-crt/dist/native/mqtt.js';
import type { Clock, CountTravel, Relays } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { batchTopics } from '../../schemas/message-batch.ts';
import type { Acquaintance } from './acquaintance.ts';
import { type BrokerAccess, newConnection } from './broker-connection.ts';
import { connect } from './connect-attempt.ts';
import { SessionError } from './session-error.ts';
import { ShadowTalk, type Surety } from './shadow-talk.ts';
import { Wire } from './wire.ts';

export interface SessionOptions extends BrokerAccess {
  readonly clock: Clock;
  readonly relays: Relays;
  /** How long it waits to be taken. */
  readonly connectMsMax: number;
  readonly acquaintance: Acquaintance;
  readonly countTravel: CountTravel;
  /** The desired state, whole; maybe the same as before. */
  onDesired(desired: unknown): void;
  onBatchAnswer(payload: Uint8Array): void;
  /** Called once, when an open session has ended, unless it was closed from here. */
  onEnd(how: 'short' | 'refused', reason: string): void;
}

/** How long a broker may say nothing when there is reason to think that it does not hear. */
const doubtMsMax = 20_000;

const qualityOf: Readonly<Record<Surety, QoS>> = { 'with-receipt': QoS.AtLeastOnce, 'by-answer': QoS.AtMostOnce };

export class ShadowSession {
  readonly #options: SessionOptions;
  readonly #talk: ShadowTalk;
  #wire: Wire | undefined;
  #connection: MqttClientConnection | undefined;
  #closing: Promise<void> | undefined;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  /** The subscription to what the shore says of batches, made before the first is sent. */
  #answers: Promise<boolean> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { device, clock, answerSecondsMax, acquaintance, onDesired } = options;
    this.#talk = new ShadowTalk({
      ...{ device, clock, answerSecondsMax, acquaintance, onDesired },
      say: (topic, payload, surety) => this.#say(topic, payload, surety),
      subscribe: (filter, surety) => this.#subscribe(filter, surety),
      onDoubt: () => void this.probe(),
    });
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
    await this.#hear(connection, wire);
  }

  /** Fetches what is wanted now; rejects when it is refused. */
  fetchDesired(): Promise<void> {
    return this.#talk.fetchDesired();
  }

  async report(report: Report): Promise<'accepted' | 'rejected' | 'offline'> {
    return this.#state === 'open' ? this.#talk.report(report) : 'offline';
  }

  async orderParcel(order: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#state === 'open' ? this.#talk.orderParcel(order) : undefined;
  }

  /** True when the broker has it; rather not than late, for the library may never tell what became of it once the connection is gone. */
  async sendBatchPart(part: Uint8Array): Promise<boolean> {
    if (this.#state !== 'open') return false;
    const late = Promise.withResolvers<false>();
    using _patience = this.#options.clock.after(this.#options.answerSecondsMax * 1000, () => late.resolve(false));
    return await Promise.race([this.#sendAnswerable(part), late.promise]);
  }

  async #sendAnswerable(part: Uint8Array): Promise<boolean> {
    const { out, taken } = batchTopics(this.#options.device);
    this.#answers ??= this.#subscribe(taken).catch(() => false);
    if (!(await this.#answers)) {
      this.#answers = undefined;
      return false;
    }
    return await this.#say(out, part).then(
      () => true,
      () => false,
    );
  }

  /** Says what costs little and is answered at once: a session that is dead ends soon. Whether there is an answer. */
  async probe(): Promise<boolean> {
    if (this.#connection === undefined || this.#state !== 'open') return false;
    this.#wire?.awaitWord(doubtMsMax);
    return await this.#subscribe(this.#talk.filter).then(
      () => true,
      () => false,
    );
  }

  /** The gateway that it goes through, by name. */
  get through(): string | undefined {
    return this.#wire?.through;
  }

  /** When the broker was heard last, by the monotonic clock. */
  get heardMs(): number {
    return this.#wire?.heardMs ?? Number.NEGATIVE_INFINITY;
  }

  /** The longest silence after which it was heard. */
  get borneMs(): number {
    return this.#wire?.borneMs ?? 0;
  }

  /** How long it had been silent when it was asked for the word that has not come since; undefined where none is awaited. */
  get unansweredMs(): number | undefined {
    return this.#wire?.unansweredMs;
  }

  #openConnection(): MqttClientConnection {
    if (this.#connection === undefined || this.#state !== 'open') throw new Error('the session is closed');
    return this.#connection;
  }

  /** Resolves when the broker has it, or, where no receipt is asked for, when it is on its way. */
  async #say(topic: string, payload: string | Uint8Array, surety: Surety = 'with-receipt'): Promise<void> {
    if (surety === 'with-receipt') this.#wire?.awaitWord();
    const body = typeof payload === 'string' ? payload : new Uint8Array(payload).buffer;
    await this.#openConnection().publish(topic, body, qualityOf[surety]);
  }

  /** False when the broker refuses it. */
  async #subscribe(filter: string, surety: Surety = 'with-receipt'): Promise<boolean> {
    this.#wire?.awaitWord();
    const { qos } = await this.#openConnection().subscribe(filter, qualityOf[surety]);
    return qos <= QoS.AtLeastOnce;
  }

  /** Once, however often it is asked for: the library does not answer two of them. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#state = 'closed';
    this.#talk.close();
    try {
      await this.#connection?.disconnect();
    } finally {
      this.#wire?.close();
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Heard as plain messages: callbacks given with a subscription are never released, which would leak one at each reconnect and
   * keep the process from ending.
   */
  async #hear(connection: MqttClientConnection, wire: Wire): Promise<void> {
    const { taken } = batchTopics(this.#options.device);
    connection.on('message', (from, payload) => {
      wire.delivered();
      if (this.#state !== 'open') return;
      const bytes = new Uint8Array(payload);
      if (from === taken) this.#options.onBatchAnswer(bytes);
      else this.#talk.heard(from, bytes);
    });
    const refused = await this.#talk.open();
    if (refused !== undefined)
      throw new SessionError('refused', { kind: 'refused', message: `the broker refuses ${refused}` });
  }

  /** The SDK would now go on reconnecting by itself. */
  #end(how: 'short' | 'refused', reason: string): void {
    if (this.#state !== 'open') return;
    void this.close().catch(() => {});
    this.#options.onEnd(how, reason);
  }
}
