/**
 * One connection to the broker and the shadow behind it, from connect to its end. It does not reconnect: what comes next is
 * decided outside, with a fresh certificate and our own backoff.
 */
import './no-system-authorities.ts';
import { ClientBootstrap, ClientTlsContext, SocketOptions, TlsContextOptions } from 'aws-crt/dist/native/io.js';
import { MqttClient, type MqttClientConnection, QoS } from 'aws-crt/dist/native/mqtt.js';
import { IotShadowClientv2 } from 'aws-iot-device-sdk-v2/dist/iotshadow/iotshadowclientv2.js';
import type { Clock } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { reportedState } from './reported-state.ts';

/** The named shadow that carries deployments and reports. */
export const shadowName = 'fleet';

/** What a device shows the broker and whom it trusts. PEM texts. */
export interface DeviceIdentity {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface SessionOptions {
  readonly device: string;
  readonly host: string;
  readonly port: number;
  readonly keepAliveSeconds: number;
  readonly identity: DeviceIdentity;
  /** How long an answer may take: over a satellite with a full queue it takes its time. */
  readonly answerSecondsMax: number;
  readonly clock: Clock;
  /** The desired state, whole; maybe the same as before. */
  onDesired(desired: unknown): void;
  /** Called once, when an open session has ended, unless it was closed from here. */
  onEnd(reason: string): void;
}

const connectMsMax = 30_000;
const pingMsMax = 30_000;
/**
 * How long an answer is waited for at first; twice as long after each time that none came. A broker drops what is said while
 * the shadow service is not subscribed, and says nothing of it.
 */
const firstAnswerMsMax = 10_000;

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

function newConnection(options: SessionOptions): MqttClientConnection {
  const { device, host, port, keepAliveSeconds, identity, answerSecondsMax } = options;
  const tls = TlsContextOptions.create_client_with_mtls(identity.certificate, identity.key);
  tls.override_default_trust_store(identity.ca);
  return new MqttClient(new ClientBootstrap()).new_connection({
    client_id: device,
    host_name: host,
    port,
    // Nothing is kept at the broker: the shadow is what waits, and it is asked for after each connect.
    clean_session: true,
    keep_alive: keepAliveSeconds,
    // The native client ends the whole process when this is not below the keep-alive.
    ping_timeout: Math.min(pingMsMax, (keepAliveSeconds * 1000) / 2),
    protocol_operation_timeout: answerSecondsMax * 1000,
    socket_options: new SocketOptions(undefined, undefined, connectMsMax),
    tls_ctx: new ClientTlsContext(tls),
    disable_metrics: true,
  });
}

export class ShadowSession {
  readonly #options: SessionOptions;
  readonly #connection: MqttClientConnection;
  #shadow: IotShadowClientv2 | undefined;
  #isOpen = false;
  #answerMsMax = firstAnswerMsMax;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#connection = newConnection(options);
    this.#connection.on('interrupt', (error) => this.#end(error.error_name ?? String(error)));
  }

  /** Connects and hears changes from then on. Rejects when any of it fails. */
  async open(): Promise<void> {
    await this.#connection.connect();
    this.#isOpen = true;
    this.#shadow = IotShadowClientv2.newFromMqtt311(this.#connection, {
      maxRequestResponseSubscriptions: 4,
      maxStreamingSubscriptions: 0,
      operationTimeoutInSeconds: this.#options.answerSecondsMax,
    });
    await this.#hearChanges();
  }

  /** Fetches what is wanted now, for it may have changed while there was no connection; asks again when nobody answers. */
  async fetchDesired(): Promise<void> {
    const asked: Promise<object | undefined>[] = [];
    let desired: object | undefined | typeof silence = silence;
    for (let patienceMs = firstAnswerMsMax; desired === silence && this.#isOpen; patienceMs *= 2) {
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
      const { state } = await this.#openShadow().getNamedShadow({ thingName: this.#options.device, shadowName });
      return state?.desired;
    } catch (error) {
      // No shadow yet: nothing was ever wanted of this device.
      if (refusalCode(error) === notFound) return undefined;
      throw error;
    }
  }

  async #orSilence<T>(answer: Promise<T>, patienceMs: number): Promise<T | typeof silence> {
    const over = Promise.withResolvers<typeof silence>();
    using _patience = this.#options.clock.after(patienceMs, () => over.resolve(silence));
    return await Promise.race([answer, over.promise]);
  }

  async report(report: Report): Promise<'accepted' | 'rejected' | 'offline'> {
    if (this.#shadow === undefined) return 'offline';
    const state = { reported: reportedState(report) };
    const answer = this.#shadow.updateNamedShadow({ thingName: this.#options.device, shadowName, state }).then(
      () => 'accepted' as const,
      (error: unknown) => (refusalCode(error) === undefined ? 'offline' : 'rejected'),
    );
    const outcome = await this.#orSilence(answer, this.#answerMsMax);
    const next = outcome === silence ? 2 * this.#answerMsMax : firstAnswerMsMax;
    this.#answerMsMax = Math.min(next, this.#options.answerSecondsMax * 1000);
    return outcome === silence ? 'offline' : outcome;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#shadow?.close();
    this.#shadow = undefined;
    await this.#connection.disconnect();
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
  async #hearChanges(): Promise<void> {
    const topic = `$aws/things/${this.#options.device}/shadow/name/${shadowName}/update/delta`;
    this.#connection.on('message', (from, payload) => {
      const desired = from === topic && this.#isOpen ? stateOfDelta(payload) : undefined;
      if (desired !== undefined) this.#options.onDesired(desired);
    });
    const { qos } = await this.#connection.subscribe(topic, QoS.AtLeastOnce);
    if (qos > QoS.AtLeastOnce) throw new Error(`the broker refuses ${topic}`);
  }

  /** The SDK would now go on reconnecting by itself. */
  #end(reason: string): void {
    if (!this.#isOpen) return;
    void this.close().catch(() => {});
    this.#options.onEnd(reason);
  }
}
