/**
 * An external MQTT broker as the controller's message bus. The link to it may go away at any time: subscriptions are made
 * again at every connect, and what is published meanwhile waits here and is sent in order.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { BusMessage, Clock, Log, MessageBus } from '../../../../platform/ports.ts';
import type { BrokerStatus } from '../../../../schemas/generated/types.ts';
import type { KeyAndCertificate } from '../../../authority/authority-files.ts';

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

/** Granted quality of service in a SUBACK that means refused. */
const subscriptionRefused = 128;

/** Whether a topic matches a filter, by the rules of MQTT. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  // Topics that begin with $ are not matched by a filter that begins with a wildcard.
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

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
  #reached = Promise.withResolvers<void>();
  #isReached = false;
  readonly #clock: Clock;
  readonly #address: string;
  /** When it was reached, or was lost, last. */
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
    this.#failure = undefined;
    this.#log.write('info', 'broker.reached');
    this.#onReached();
    for (const filter of this.#handlers.keys()) await this.#request(filter);
    this.#isReached = true;
    this.#sinceMs = this.#clock.now();
    this.#reached.resolve();
  }

  status(): BrokerStatus {
    const seen = { address: this.#address, since: new Date(this.#sinceMs).toISOString() };
    if (this.#isReached) return { state: 'reached', ...seen };
    return { state: 'unreachable', ...seen, ...(this.#failure === undefined ? {} : { message: this.#failure }) };
  }

  ready(): Promise<void> {
    return this.#reached.promise;
  }

  #away(): void {
    this.#log.write('debug', 'broker.away');
    // One that does not like our certificate says no more than this.
    if (this.#failure === undefined && !this.#client.disconnecting) this.#failed('the broker ended the connection');
    // Who waits already goes on waiting for the same connect.
    if (!this.#isReached) return;
    this.#reached = Promise.withResolvers();
    this.#isReached = false;
    this.#sinceMs = this.#clock.now();
  }

  /** The broker forgets or refuses; the next connect asks again. */
  async #request(filter: string): Promise<void> {
    try {
      const grants = await this.#client.subscribeAsync(filter, { qos: 1 });
      if (grants.some((grant) => grant.qos === subscriptionRefused)) throw new Error('refused by the broker');
    } catch (error) {
      this.#log.write('error', 'broker.subscription-failed', { filter, error: String(error) });
    }
  }

  #deliver(topic: string, payload: Uint8Array): void {
    for (const [filter, handler] of this.#handlers) {
      if (topicMatches(filter, topic)) handler({ topic, payload });
    }
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await this.#client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
  }

  /** Resolves when the broker granted it, or at once while there is no connection: then it is made at the next one. */
  async subscribe(filter: string, handler: (message: BusMessage) => void): Promise<void> {
    this.#handlers.set(filter, handler);
    if (this.#client.connected) await this.#request(filter);
  }

  renewIdentity({ key, certificate }: KeyAndCertificate): void {
    Object.assign(this.#client.options, { key, cert: certificate });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

/** Starts connecting and goes on trying until `close`. A broker that is down is a normal state. */
export function connectExternalBroker(options: ExternalBrokerOptions): ExternalBus {
  const { url, authority, identity, clientId } = options;
  const settings: IClientOptions = {
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
