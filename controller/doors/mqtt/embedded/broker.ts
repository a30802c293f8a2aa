/**
 * The embedded MQTT broker: aedes over TLS. A device is who its client certificate says, if our authority signed it and git
 * names its key; it may touch only its own shadow. One device has one connection: a newer one takes the place of the older.
 *
 * Nothing is kept for a device that is away: no session, no will, no retained message. The shadow is what waits for it.
 */
import { type AddressInfo, isIPv6 } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { Aedes, type AedesPublishPacket, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import type { BusMessage, Clock, Log, MessageBus } from '../../../../platform/ports.ts';
import type { KeyAndCertificate } from '../../../authority/authority-files.ts';
import type { AuthorizationRefusal, AuthorizeDevice, OnRefusal } from '../../../authority/authorization.ts';
import { type RateLimit, rateLimit } from '../../rate-limit.ts';
import type { DeviceConnections } from '../device-connections.ts';
import { type BrokerLimits, brokerLimits } from './limits.ts';
import { packetGauge } from './packet-gauge.ts';
import { judgePeer } from './peer.ts';
import { mayPublish, maySubscribe } from './permissions.ts';

/** Where the broker listens, as whom, and whom it asks. */
export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly identity: KeyAndCertificate;
  /** PEM of the authority whose client certificates count. */
  readonly authority: string;
  readonly authorize: AuthorizeDevice;
  readonly onRefusal: OnRefusal;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<BrokerLimits>;
}

/** One device's connection. */
interface Line {
  readonly device: string;
  readonly keyFingerprint: string;
  readonly address: string;
  readonly rate: RateLimit;
  /** Set once, when the connection is refused for whatever reason, so that one cause is reported once. */
  refused: boolean;
  /** Whether its CONNECT had a will. */
  will: boolean;
}

/** CONNACK 5 of MQTT 3.1.1. */
const notAuthorized = 5;

function authenticateError(refusal: AuthorizationRefusal): AuthenticateError {
  return Object.assign(new Error(refusal.message), { returnCode: notAuthorized });
}

/** The broker, as the bus of the shadow service and as the door of the devices. */
export class EmbeddedBroker implements MessageBus, DeviceConnections {
  readonly #options: EmbeddedBrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #broker: Aedes;
  readonly #server: Server;
  /** The bus works from the beginning on, before `listen` opens the door for devices. */
  readonly #ready: Promise<void>;
  readonly #lines = new Map<Client, Line>();
  /** By device: the connection that speaks for it. */
  readonly #current = new Map<string, Client>();
  #onConnection: (device: string, connected: boolean) => void = () => {};

  /** Lets nobody in before `listen`. */
  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
    this.#limits = { ...brokerLimits, ...options.limits };
    this.#broker = new Aedes({
      connectTimeout: this.#limits.handshakeMs,
      keepaliveLimit: this.#limits.keepAliveSecondsMax,
      preConnect: (client, packet, done) => {
        const line = this.#lines.get(client);
        if (line === undefined) return done(new Error('not a device'), false);
        line.will = packet.will !== undefined;
        packet.clean = true;
        packet.clientId = line.device;
        done(null, true);
      },
      authenticate: (client, _username, _password, done) => {
        const refusal = this.#judge(client);
        if (refusal === undefined) return done(null, true);
        done(authenticateError(this.#refuse(client, refusal.code, refusal.message)), false);
      },
      authorizePublish: (client, packet, done) => done(this.#judgePublish(client, packet)),
      authorizeSubscribe: (client, subscription, done) => {
        const line = this.#lines.get(client);
        if (line !== undefined && maySubscribe(line.device, subscription.topic)) return done(null, subscription);
        this.#refuse(client, 'SUBSCRIBE_REFUSED', `may not subscribe to ${subscription.topic.slice(0, 200)}`);
        done(null, null);
      },
    });
    this.#broker.on('clientReady', (client) => this.#connected(client));
    this.#broker.on('clientDisconnect', (client) => this.#disconnected(client));
    this.#broker.on('clientError', (client, error) => this.#logEnd(client, error));
    this.#broker.on('connectionError', (client, error) => this.#logEnd(client, error));
    this.#server = this.#createServer();
    this.#ready = this.#broker.listen();
  }

  #createServer(): Server {
    const { identity, authority, log } = this.#options;
    const server = createServer({
      key: identity.key,
      cert: identity.certificate,
      ca: authority,
      requestCert: true,
      // Judged below, so that a refusal has a name and is seen in status.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      noDelay: true,
      handshakeTimeout: this.#limits.handshakeMs,
    });
    server.maxConnections = this.#limits.connectionsMax;
    server.on('secureConnection', (socket) => this.#accept(socket));
    server.on('drop', (drop) => log.write('warn', 'broker.full', { address: drop?.remoteAddress }));
    server.on('tlsClientError', (error) => log.write('debug', 'broker.handshake-failed', { error: String(error) }));
    return server;
  }

  async listen(): Promise<void> {
    await this.#ready;
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `mqtts://` and where it listens. */
  get url(): string {
    const { host } = this.#options;
    return `mqtts://${isIPv6(host) ? `[${host}]` : host}:${this.port}`;
  }

  #accept(socket: TLSSocket): void {
    const address = socket.remoteAddress ?? '';
    const peer = judgePeer(socket);
    if (peer.kind === 'refused') {
      this.#options.onRefusal({ ...peer.claim, address, ...peer.refusal });
      socket.destroy();
      return;
    }
    const { messagesPerSecond, messagesBurst, packetBytesMax } = this.#limits;
    const rate = rateLimit(messagesPerSecond, messagesBurst, () => this.#options.clock.monotonic());
    const client = this.#broker.handle(socket);
    const { device, keyFingerprint } = peer;
    this.#lines.set(client, { device, keyFingerprint, address, rate, refused: false, will: false });
    // aedes reads on 'readable'; 'data' then shows every chunk as it is read, before the parser has it.
    const gauge = packetGauge(packetBytesMax);
    socket.on('data', (chunk: Uint8Array) => {
      if (gauge.accepts(chunk)) return;
      this.#refuse(client, 'PACKET_TOO_LONG', `a packet is longer than ${packetBytesMax} bytes`);
      socket.destroy();
    });
    socket.once('close', () => this.#lines.delete(client));
  }

  #judge(client: Client): AuthorizationRefusal | undefined {
    const line = this.#lines.get(client);
    if (line === undefined) return { code: 'CERTIFICATE_MISSING', message: 'not a device' };
    if (line.will) return { code: 'WILL_REFUSED', message: 'a device leaves no message for after its end' };
    const verdict = this.#options.authorize(line.device, line.keyFingerprint);
    return verdict === 'ok' ? undefined : verdict;
  }

  #judgePublish(client: Client | null, packet: PublishPacket): Error | null {
    if (client === null) return null;
    const line = this.#lines.get(client);
    if (line === undefined) return new Error('not a device');
    // A request is not a state: nothing of it is kept for later subscribers.
    packet.retain = false;
    if (packet.qos === 2) return this.#refuse(client, 'PUBLISH_REFUSED', 'QoS 2 is not taken');
    if (!mayPublish(line.device, packet.topic)) {
      return this.#refuse(client, 'PUBLISH_REFUSED', `may not publish to ${packet.topic.slice(0, 200)}`);
    }
    if (!line.rate.take()) return this.#refuse(client, 'RATE_LIMITED', 'more messages than a device may send');
    return null;
  }

  #refuse(client: Client, code: string, message: string): AuthorizationRefusal & Error {
    const line = this.#lines.get(client);
    if (line !== undefined && !line.refused) {
      line.refused = true;
      const { device, keyFingerprint, address } = line;
      this.#options.onRefusal({ device, keyFingerprint, address, code, message });
    }
    return Object.assign(new Error(message), { code });
  }

  #connected(client: Client): void {
    this.#current.set(client.id, client);
    this.#options.log.write('info', 'broker.connected', { device: client.id });
    this.#onConnection(client.id, true);
  }

  #disconnected(client: Client): void {
    // aedes may tell late of the end of a connection that a newer one has replaced; it says nothing of the device.
    if (this.#current.get(client.id) !== client) return;
    this.#current.delete(client.id);
    this.#options.log.write('info', 'broker.disconnected', { device: client.id });
    this.#onConnection(client.id, false);
  }

  #logEnd(client: Client, error: Error): void {
    const device = this.#lines.get(client)?.device;
    this.#options.log.write('debug', 'broker.connection-ended', { device, error: error.message });
  }

  onConnection(handler: (device: string, connected: boolean) => void): void {
    this.#onConnection = handler;
  }

  reauthorize(): void {
    for (const client of [...this.#lines.keys()]) {
      const refusal = this.#judge(client);
      if (refusal === undefined) continue;
      this.#refuse(client, refusal.code, refusal.message);
      client.close();
    }
  }

  /** Takes a renewed certificate for all connections to come. */
  renewIdentity(identity: KeyAndCertificate): void {
    const { authority } = this.#options;
    this.#server.setSecureContext({
      key: identity.key,
      cert: identity.certificate,
      ca: authority,
      minVersion: 'TLSv1.2',
    });
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await this.#ready;
    const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    await new Promise<void>((resolve, reject) => {
      this.#broker.publish({ cmd: 'publish', topic, payload: body, qos: 1, retain: false, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  async subscribe(filter: string, handler: (message: BusMessage) => void): Promise<void> {
    await this.#ready;
    const deliver = (packet: AedesPublishPacket, done: () => void) => {
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      const device = 'clientId' in packet && typeof packet.clientId === 'string' ? { device: packet.clientId } : {};
      handler({ topic: packet.topic, payload, ...device });
      done();
    };
    await new Promise<void>((resolve) => this.#broker.subscribe(filter, deliver, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await new Promise<void>((resolve) => this.#broker.close(() => resolve()));
    for (const client of this.#lines.keys()) client.conn.destroy();
    await closed;
  }
}

/** Starts the broker; it accepts connections when this resolves. */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new EmbeddedBroker(options);
  await broker.listen();
  return broker;
}
