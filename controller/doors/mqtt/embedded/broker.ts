/**
 * The embedded MQTT broker: aedes over TLS. A device is who its client certificate says, if our authority signed it and git
 * names its key; it may touch only its own shadow. One device has one connection: a newer one takes the place of the older.
 *
 * Nothing is kept for a device that is away: no session, no will, no retained message. The shadow is what waits for it.
 * Nobody waits for another: what devices say and what they are told goes through queues of ours, in fresh turns.
 */
import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Aedes, AedesPublishPacket, Client, PublishPacket } from 'aedes';
import { bareHost, hostAndPort } from '../../../../platform/host-and-port.ts';
import type { BusMessage, Clock, Log, MessageBus } from '../../../../platform/ports.ts';
import type { KeyAndCertificate } from '../../../authority/authority-files.ts';
import type { AuthorizationRefusal, AuthorizeDevice, OnRefusal } from '../../../authority/authorization.ts';
import { deviceOfShadowTopic } from '../../../shadow/topics.ts';
import type { Guard } from '../../guard.ts';
import { TurnQueue } from '../../turn-queue.ts';
import type { DeviceConnections, DeviceContact } from '../device-connections.ts';
import { createDeviceBroker, cutOff, refusalOfEnd } from './device-broker.ts';
import { DeviceLines } from './device-lines.ts';
import { type BrokerLimits, brokerLimits } from './limits.ts';
import { packetGauge } from './packet-gauge.ts';
import { judgePeer } from './peer.ts';
import { readInTurns } from './read-in-turns.ts';
import { createDeviceServer, type DeviceServer } from './tls-server.ts';

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
  readonly guard: Guard;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<BrokerLimits>;
}

/** Connections that the system may hold ready for us: a whole fleet comes back at once after a restart. */
const backlog = 4096;

/** Open connections that are judged again in one piece of work, at a new revision. */
const judgedAtOnce = 32;

function bytesOf(payload: string | Uint8Array): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** The broker, as the bus of the shadow service and as the door of the devices. */
export class EmbeddedBroker implements MessageBus, DeviceConnections {
  readonly #options: EmbeddedBrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #lines: DeviceLines<Client>;
  readonly #broker: Aedes;
  readonly #door: DeviceServer;
  /**
   * Connections that enter, which hundreds may at once; bytes to read; what devices said and nobody has heard yet, and what they are to be
   * told. A device's next packet is read when its last was heard, so this is bounded. It is one queue, as it is one turn that they share.
   */
  readonly #turns: TurnQueue;
  /** The bus works from the beginning on, before `listen` opens the door for devices. */
  readonly #ready: Promise<void>;
  #onConnection: (contact: DeviceContact) => void = () => {};

  /** Lets nobody in before `listen`. */
  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
    const { clock } = options;
    this.#limits = { ...brokerLimits, ...options.limits };
    this.#turns = new TurnQueue(clock);
    this.#lines = new DeviceLines({
      limits: this.#limits,
      authorize: (device, keyFingerprint) => this.#authorize(device, keyFingerprint),
      onRefusal: (refusal) => this.#tellRefusal(refusal),
      monotonic: () => clock.monotonic(),
    });
    this.#broker = createDeviceBroker(this.#lines, this.#limits);
    this.#follow(this.#broker);
    this.#door = createDeviceServer({
      ...options,
      limits: this.#limits,
      onRefusal: (refusal) => this.#tellRefusal(refusal),
    });
    this.#door.server.on('secureConnection', (socket) => this.#enter(socket));
    this.#ready = this.#broker.listen();
  }

  #follow(broker: Aedes): void {
    broker.on('clientReady', (client) => this.#connected(client));
    broker.on('clientDisconnect', (client) => this.#tell(this.#lines.disconnected(client, client.id)));
    broker.on('clientError', (client, error) => this.#ended(client, error));
    broker.on('connectionError', (client, error) => this.#ended(client, error));
    const events: EventEmitter = broker;
    events.on('error', (error) => this.#options.guard.tell('mqtt', 'broker', error));
  }

  async listen(): Promise<void> {
    await this.#ready;
    const { host, port } = this.#options;
    const { server } = this.#door;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: bareHost(host), port, backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  /** Where it listens. */
  get port(): number {
    return (this.#door.server.address() as AddressInfo).port;
  }

  /** `mqtts://` and where it listens. */
  get url(): string {
    return `mqtts://${hostAndPort(this.#options.host, this.port)}`;
  }

  #enter(socket: TLSSocket): void {
    // What the other end breaks from now on until aedes listens concerns nobody.
    socket.on('error', () => {});
    const address = socket.remoteAddress ?? '';
    this.#turns.push(() => void this.#options.guard.run('mqtt', address, () => this.#accept(socket, address)));
  }

  #accept(socket: TLSSocket, address: string): void {
    if (socket.destroyed || this.#broker.closed) return void socket.destroy();
    const peer = judgePeer(socket, this.#options.clock.now());
    if (peer.kind === 'refused') {
      socket.destroy();
      this.#tellRefusal({ ...peer.claim, address, ...peer.refusal });
      return;
    }
    const client = this.#broker.handle(socket);
    const { kind: _, ...identity } = peer;
    this.#lines.open(client, { ...identity, address });
    readInTurns(socket, this.#turns);
    // aedes reads on 'readable'; 'data' then shows every chunk as it is read, before the parser has it.
    const gauge = packetGauge(this.#limits.packetBytesMax);
    socket.on('data', (chunk: Uint8Array) => {
      const refusal = this.#lines.judgePackets(client, gauge.read(chunk));
      if (refusal !== undefined) cutOff(this.#lines, client, refusal);
    });
    socket.once('close', () => this.#lines.close(client));
  }

  /** The revision in force decides; when it cannot be asked nobody is let in, and may try again. */
  #authorize(device: string, keyFingerprint: string): 'ok' | AuthorizationRefusal {
    try {
      return this.#options.authorize(device, keyFingerprint);
    } catch (error) {
      this.#options.guard.tell('mqtt', device, error);
      return { code: 'NOT_JUDGED', message: `whether git names ${device} cannot be told now` };
    }
  }

  #tellRefusal(refusal: Parameters<OnRefusal>[0]): void {
    const { guard, onRefusal } = this.#options;
    void guard.run('mqtt', refusal.device ?? refusal.address ?? '', () => onRefusal(refusal));
  }

  #connected(client: Client): void {
    const contact = this.#lines.connected(client);
    const { device, address: to, takenOverFrom: from } = contact ?? {};
    if (from !== undefined) this.#options.log.write('debug', 'broker.taken-over', { device, from, to });
    this.#tell(contact);
  }

  #tell(contact: DeviceContact | undefined): void {
    if (contact === undefined) return;
    const { guard, log } = this.#options;
    log.write('info', contact.connected ? 'broker.connected' : 'broker.disconnected', { device: contact.device });
    void guard.run('mqtt', contact.device, () => this.#onConnection(contact));
  }

  #ended(client: Client, error: Error): void {
    const device = this.#lines.deviceOf(client);
    const refusal = refusalOfEnd(error, this.#limits);
    if (refusal !== undefined) this.#lines.refuse(client, refusal);
    this.#options.log.write('debug', 'broker.connection-ended', { device, error: error.message });
  }

  onConnection(handler: (contact: DeviceContact) => void): void {
    this.#onConnection = handler;
  }

  reauthorize(): void {
    this.#judgeAgain(this.#lines.connections().values());
  }

  /** In turns, among those of what devices say: of twenty thousand connections each is a look at what git names. */
  #judgeAgain(clients: Iterator<Client>): void {
    this.#turns.push(() => {
      for (let judged = 0; judged < judgedAtOnce; judged += 1) {
        const { done, value: client } = clients.next();
        if (done) return;
        const refusal = this.#lines.judge(client);
        if (refusal === undefined) continue;
        this.#lines.refuse(client, refusal);
        client.close();
      }
      this.#judgeAgain(clients);
    });
  }

  /** Takes a renewed certificate for all connections to come. */
  renewIdentity(identity: KeyAndCertificate): void {
    this.#door.renewIdentity(identity);
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await this.#ready;
    const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const packet: PublishPacket = { cmd: 'publish', topic, payload: body, qos: 1, retain: false, dup: false };
    await new Promise<void>((resolve, reject) => {
      this.#turns.push(() => {
        try {
          this.#broker.publish(packet, (error) => (error ? reject(error) : resolve()));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Only a device itself may hear of its shadow. */
  mayBeHeard(topic: string): boolean {
    const device = deviceOfShadowTopic(topic);
    return device === undefined || this.#lines.mayHear(device, topic);
  }

  async subscribe(filter: string, handler: (message: BusMessage) => void): Promise<void> {
    await this.#ready;
    const deliver = (packet: AedesPublishPacket, done: () => void) => {
      const device = 'clientId' in packet && typeof packet.clientId === 'string' ? packet.clientId : undefined;
      const message = {
        topic: packet.topic,
        payload: bytesOf(packet.payload),
        ...(device === undefined ? {} : { device }),
      };
      this.#turns.push(() => {
        void this.#options.guard.run('mqtt', device ?? packet.topic, () => handler(message));
        done();
      });
    };
    await new Promise<void>((resolve) => this.#broker.subscribe(filter, deliver, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#door.server.close(() => resolve()));
    this.#door[Symbol.dispose]();
    await new Promise<void>((resolve) => this.#broker.close(() => resolve()));
    for (const client of this.#lines.connections()) client.conn.destroy();
    await closed;
  }
}

/** Starts the broker; it accepts connections when this resolves. */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new EmbeddedBroker(options);
  await broker.listen();
  return broker;
}
