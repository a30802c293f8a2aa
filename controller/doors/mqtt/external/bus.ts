/**
 * An external MQTT broker as the controller's message bus. The link to it may go away at any time: subscriptions are made
 * again at every connect, and what is published meanwhile is not taken: whoever owes it says it again.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { bareHost } from '../../../../platform/host-and-port.ts';
import { inTime } from '../../../../platform/in-time.ts';
import { BusError, type BusMessage, type Clock, type Log, type MessageBus } from '../../../../platform/ports.ts';
import type { BrokerStatus } from '../../../../schemas/generated/types.ts';
import type { KeyAndCertificate } from '../../../authority/authority-files.ts';
import { topicMatches } from '../topic-filter.ts';

/** Where the broker is, and as whom to speak to it. */
export interface ExternalBrokerOptions {
  /** `mqtts://HOST:PORT`, or `mqtt://` without TLS. */
  readonly url: string;
  /** PEM of who vouches for the broker. */
  readonly authority?: string;
  readonly identity?: KeyAndCertificate;
  /** One a controller: the broker keeps messages for it while it is away. */
  readonly clientId: string;
  /** Called at every connect. */
  readonly onReached?: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between attempts to connect: less than devices wait, so that the service is there before they ask. */
const reconnectMs = 250;

/** A broker that ends connections again and again is asked less and less often, at least this often. */
const reconnectMsMax = 8_000;

/** Milliseconds after which a connection that followed a failure counts as lasting. */
const steadyMs = 10_000;

/** Granted quality of service in a SUBACK that means refused. */
const subscriptionRefused = 128;

/** Milliseconds until what was refused is asked for again: a broker may be given its access list later than its start. */
const refusedAgainMs = 10_000;

/** Milliseconds after which what the broker has not acknowledged is given up. */
const silenceMsMax = 30_000;

/** A bus that may be without its broker for a while. */
export interface ExternalBus extends MessageBus {
  /** Resolves when the broker is there and has granted every subscription made so far. */
  ready(): Promise<void>;
  status(): BrokerStatus;
  /** Takes a renewed certificate for all connects to come. */
  renewIdentity(identity: KeyAndCertificate): void;
}

class ExternalBroker implements ExternalBus {
  readonly #client: MqttClient;
  readonly #log: Log;
  readonly #onReached: () => void;
  /** What was said last of a broker that is not there: a new attempt is made every moment, and fails alike. */
  #failure: string | undefined;
  readonly #handlers = new Map<string, (message: BusMessage) => void>();
  /** What the broker has not granted at this connect, and why. */
  readonly #refused = new Map<string, string>();
  /** What was asked for at this connect and not answered yet. */
  readonly #unanswered = new Set<string>();
  #askingAgain: Disposable | undefined;
  #lasting: Disposable | undefined;
  /** Counts connects and their ends: an answer of an earlier one says nothing of this. */
  #connects = 0;
  #reached = Promise.withResolvers<void>();
  #state: BrokerStatus['state'] = 'unreachable';
  readonly #clock: Clock;
  readonly #address: string;
  /** When it came into this state. */
  #sinceMs: number;

  constructor(client: MqttClient, { url, clock, log, onReached = () => {} }: ExternalBrokerOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
    this.#address = new URL(url).host;
    this.#sinceMs = clock.now();
    this.#onReached = onReached;
    client.on('connect', () => void this.#connected());
    client.on('message', (topic, payload) => this.#deliver(topic, payload));
    client.on('close', () => this.#away());
    client.on('error', (error) => this.#failed(error.message));
  }

  #failed(error: string): void {
    if (this.#failure === error) return;
    this.#failure = error;
    this.#log.write('warn', 'broker.failed', { error });
  }

  async #connected(): Promise<void> {
    this.#connects += 1;
    this.#refused.clear();
    this.#unanswered.clear();
    if (this.#failure === undefined) this.#lasts();
    else this.#lasting = this.#clock.after(steadyMs, () => this.#lasts());
    this.#onReached();
    await this.#request([...this.#handlers.keys()]);
  }

  /** It is there again; one that lets in and drops is still told as the failure that it was. */
  #lasts(): void {
    this.#lasting = undefined;
    this.#failure = undefined;
    this.#client.options.reconnectPeriod = reconnectMs;
    this.#log.write('info', 'broker.reached');
  }

  /** A connection that did not last has ended: the next one comes later. */
  #slowDown(): void {
    if (this.#lasting === undefined) return;
    this.#lasting[Symbol.dispose]();
    this.#lasting = undefined;
    const { options } = this.#client;
    options.reconnectPeriod = Math.min(2 * (options.reconnectPeriod ?? reconnectMs), reconnectMsMax);
  }

  status(): BrokerStatus {
    const state = this.#state;
    const [refusal] = this.#refused.values();
    const message = { reached: undefined, unreachable: this.#failure, refusing: refusal }[state];
    const since = new Date(this.#sinceMs).toISOString();
    return { state, address: this.#address, since, ...(message === undefined ? {} : { message }) };
  }

  ready(): Promise<void> {
    return this.#reached.promise;
  }

  #become(state: BrokerStatus['state']): void {
    if (this.#state === state) return;
    // Who waits already goes on waiting for the same moment.
    if (this.#state === 'reached') this.#reached = Promise.withResolvers();
    this.#state = state;
    this.#sinceMs = this.#clock.now();
    if (state === 'reached') this.#reached.resolve();
  }

  #away(): void {
    this.#connects += 1;
    this.#dropUnacknowledged();
    this.#slowDown();
    this.#log.write('debug', 'broker.away');
    // One that does not like our certificate says no more than this.
    if (this.#failure === undefined && !this.#client.disconnecting) this.#failed('the broker ended the connection');
    this.#become('unreachable');
  }

  /** Asks for these; a broker that grants less than all is not one that devices can be heard over, and is asked again. */
  async #request(filters: readonly string[]): Promise<void> {
    const connect = this.#connects;
    for (const filter of filters) this.#unanswered.add(filter);
    for (const filter of filters) {
      const refusal = await this.#refusalOf(filter);
      // The next connect asks for all of them.
      if (connect !== this.#connects) return;
      this.#unanswered.delete(filter);
      if (refusal === undefined) this.#refused.delete(filter);
      else this.#refuse(filter, refusal);
    }
    if (this.#unanswered.size === 0) this.#judge(connect);
  }

  #judge(connect: number): void {
    this.#become(this.#refused.size === 0 ? 'reached' : 'refusing');
    this.#askingAgain?.[Symbol.dispose]();
    if (this.#refused.size === 0) return;
    this.#askingAgain = this.#clock.after(refusedAgainMs, () => {
      if (connect === this.#connects) void this.#request([...this.#refused.keys()]);
    });
  }

  /** Why the broker does not grant it; `undefined` when it does. */
  async #refusalOf(filter: string): Promise<string | undefined> {
    try {
      const late = () => new BusError('SILENT', `no SUBACK for ${silenceMsMax / 1000} s`);
      const granted = this.#client.subscribeAsync(filter, { qos: 1 });
      const grants = await inTime(this.#clock, silenceMsMax, late, granted);
      return grants.some(({ qos }) => qos === subscriptionRefused) ? 'SUBACK 0x80' : undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #refuse(filter: string, refusal: string): void {
    const message = `it refuses the subscription to ${filter} (${refusal}): the controller's user needs to read and write there`;
    if (this.#refused.get(filter) === message) return;
    this.#refused.set(filter, message);
    this.#log.write('error', 'broker.subscription-refused', { filter, refusal });
  }

  #deliver(topic: string, payload: Uint8Array): void {
    for (const [filter, handler] of this.#handlers) {
      if (topicMatches(filter, topic)) handler({ topic, payload });
    }
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    const client = this.#client;
    if (!client.connected) throw new BusError('AWAY', this.#failure ?? 'the broker is away');
    const connect = this.#connects;
    const taken = client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    const id = client.getLastMessageId();
    const late = () => new BusError('SILENT', `the broker has not acknowledged it for ${silenceMsMax / 1000} s`);
    try {
      await inTime(this.#clock, silenceMsMax, late, taken);
    } catch (error) {
      const isSameConnect = connect === this.#connects;
      // It is said again by whoever owes it, and would keep its number for ever.
      if (error instanceof BusError && isSameConnect) client.removeOutgoingMessage(id);
      if (error instanceof BusError) throw error;
      if (isSameConnect) throw new BusError('SILENT', error instanceof Error ? error.message : String(error));
      throw new BusError('CUT', 'the broker ended the connection while this was on its way to it');
    }
  }

  /** Nothing of an earlier connection is sent again by itself: what makes a broker end the connection would end every one. */
  #dropUnacknowledged(): void {
    for (const id of Object.keys(this.#client.outgoing)) this.#client.removeOutgoingMessage(Number(id));
  }

  /** Resolves when the broker granted it, or at once while there is no connection: then it is made at the next one. */
  async subscribe(filter: string, handler: (message: BusMessage) => void): Promise<void> {
    this.#handlers.set(filter, handler);
    if (this.#client.connected) await this.#request([filter]);
  }

  renewIdentity({ key, certificate }: KeyAndCertificate): void {
    Object.assign(this.#client.options, { key, cert: certificate });
  }

  async close(): Promise<void> {
    this.#askingAgain?.[Symbol.dispose]();
    this.#lasting?.[Symbol.dispose]();
    await this.#client.endAsync(true);
  }
}

/** Starts connecting and goes on trying until `close`. A broker that is down is a normal state. */
export function connectExternalBroker(options: ExternalBrokerOptions): ExternalBus {
  const { url, authority, identity, clientId } = options;
  const host = bareHost(new URL(url).hostname);
  const settings: IClientOptions = {
    host,
    clientId,
    clean: false,
    protocolVersion: 4,
    keepalive: 60,
    reconnectPeriod: reconnectMs,
    reconnectOnConnackError: true,
    resubscribe: false,
    rejectUnauthorized: true,
    ...(authority === undefined ? {} : { ca: authority }),
    ...(identity === undefined ? {} : { key: identity.key, cert: identity.certificate }),
  };
  return new ExternalBroker(connect(url, settings), options);
}
