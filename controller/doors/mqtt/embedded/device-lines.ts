/**
 * The devices' connections as the broker judges them: who is on each, what it may do, how often and how much, and which one
 * speaks for its device. It knows nothing of packets on the wire.
 */
import type { AuthorizationRefusal, AuthorizeDevice, OnRefusal } from '../../../authority/authorization.ts';
import { isSubscriber } from '../../../authority/subscribers.ts';
import { type RateLimit, rateLimit } from '../../rate-limit.ts';
import { RateLimits } from '../../rate-limits.ts';
import type { DeviceContact } from '../device-connections.ts';
import { topicMatches } from '../topic-filter.ts';
import type { BrokerLimits } from './limits.ts';
import { mayPublish, maySubscribe } from './permissions.ts';

/** Who is at the other end, as its certificate said. */
export interface LinePeer {
  readonly device: string;
  readonly keyFingerprint: string;
  readonly certificateEndsAt: number;
  readonly address: string;
}

/** One connection, of a device or a subscriber. */
interface Line extends LinePeer {
  readonly messages: RateLimit;
  readonly packets: RateLimit;
  /** Set once, when the connection is refused for whatever reason, so that one cause is reported once. */
  isRefused: boolean;
  takenOverFrom?: string;
  /** All that it has subscribed to so far. */
  readonly filters: Set<string>;
}

/** Whom the judgement asks and tells. */
export interface DeviceLinesOptions {
  readonly limits: BrokerLimits;
  readonly authorize: AuthorizeDevice;
  readonly onRefusal: OnRefusal;
  /** In milliseconds. */
  readonly monotonic: () => number;
}

/** A message as far as permission goes. */
export interface AskedPublish {
  readonly topic: string;
  readonly qos: number;
}

/** Why a connection is not let in, and whether it is worth trying again soon. */
export interface ConnectRefusal extends AuthorizationRefusal {
  readonly isTemporary?: true;
}

/** Of a topic or filter in a message for people. */
const quotedCharactersMax = 200;

const notADevice: AuthorizationRefusal = { code: 'CERTIFICATE_MISSING', message: 'not a device' };

/** All lines; `Connection` is whatever the broker knows a connection by. */
export class DeviceLines<Connection> {
  readonly #options: DeviceLinesOptions;
  readonly #lines = new Map<Connection, Line>();
  /** By device: the connection that speaks for it. */
  readonly #current = new Map<string, { readonly connection: Connection; readonly address: string }>();
  readonly #takeovers: RateLimits;

  constructor(options: DeviceLinesOptions) {
    this.#options = options;
    const { limits, monotonic } = options;
    this.#takeovers = new RateLimits({
      perSecond: 1000 / limits.takeoverEveryMs,
      burst: limits.takeoversBurst,
      rememberedMax: limits.connectionsMax,
      monotonic,
    });
  }

  /** All connections there are. */
  connections(): Connection[] {
    return [...this.#lines.keys()];
  }

  deviceOf(connection: Connection): string | undefined {
    return this.#lines.get(connection)?.device;
  }

  open(connection: Connection, peer: LinePeer): void {
    const { limits, monotonic } = this.#options;
    this.#lines.set(connection, {
      ...peer,
      messages: rateLimit(limits.messagesPerSecond, limits.messagesBurst, monotonic),
      packets: rateLimit(limits.packetsPerSecond, limits.packetsBurst, monotonic),
      isRefused: false,
      filters: new Set(),
    });
  }

  close(connection: Connection): void {
    this.#lines.delete(connection);
  }

  /** Whether the device may be here now, by what git names; asked again and again. */
  judge(connection: Connection): AuthorizationRefusal | undefined {
    const line = this.#lines.get(connection);
    if (line === undefined) return notADevice;
    const verdict = this.#options.authorize(line.device, line.keyFingerprint);
    return verdict === 'ok' ? undefined : verdict;
  }

  /** Whether a connection may begin to speak for its device; asked once. */
  judgeConnect(connection: Connection, hasWill: boolean): ConnectRefusal | undefined {
    if (hasWill) return { code: 'WILL_REFUSED', message: 'a device leaves no message for after its end' };
    return this.judge(connection) ?? this.#judgeTakeover(this.#lines.get(connection)!);
  }

  #judgeTakeover(line: Line): ConnectRefusal | undefined {
    const current = this.#current.get(line.device);
    // One that has ended already takes nobody's place, even if its end is told later.
    if (current === undefined || !this.#lines.has(current.connection)) return undefined;
    line.takenOverFrom = current.address;
    if (this.#takeovers.take(line.device)) return undefined;
    const places = `from ${current.address} and ${line.address}`;
    const message = `connections of ${line.device} take each other's place again and again, ${places}: perhaps two machines have its key; this one is let in later`;
    return { code: 'TAKEN_OVER_TOO_OFTEN', message, isTemporary: true };
  }

  /** `undefined`, or why the message is not taken. */
  judgePublish(connection: Connection, { topic, qos }: AskedPublish): AuthorizationRefusal | undefined {
    const line = this.#lines.get(connection);
    if (line === undefined) return notADevice;
    if (qos === 2) return { code: 'PUBLISH_REFUSED', message: 'QoS 2 is not taken' };
    if (!mayPublish(line.device, topic)) {
      return { code: 'PUBLISH_REFUSED', message: `may not publish to ${topic.slice(0, quotedCharactersMax)}` };
    }
    if (line.messages.take()) return undefined;
    return { code: 'RATE_LIMITED', message: 'more messages than a device may send' };
  }

  judgeSubscribe(connection: Connection, filter: string): AuthorizationRefusal | undefined {
    const line = this.#lines.get(connection);
    const { subscriptionsMax } = this.#options.limits;
    if (line !== undefined && maySubscribe(line.device, filter)) {
      const isFull = isSubscriber(line.device) && line.filters.size >= subscriptionsMax;
      if (isFull && !line.filters.has(filter)) {
        return { code: 'SUBSCRIBE_REFUSED', message: `has subscribed to ${subscriptionsMax} filters already` };
      }
      line.filters.add(filter);
      return undefined;
    }
    return { code: 'SUBSCRIBE_REFUSED', message: `may not subscribe to ${filter.slice(0, quotedCharactersMax)}` };
  }

  /** Of the packets that arrived at once, `undefined` when one is too long to be read. */
  judgePackets(connection: Connection, count: number | undefined): AuthorizationRefusal | undefined {
    const { packetBytesMax } = this.#options.limits;
    if (count === undefined) {
      return { code: 'PACKET_TOO_LONG', message: `a packet is longer than ${packetBytesMax} bytes` };
    }
    const packets = this.#lines.get(connection)?.packets;
    for (let n = 0; n < count; n += 1) {
      if (packets?.take() === false) return { code: 'RATE_LIMITED', message: 'more packets than a device may send' };
    }
    return undefined;
  }

  /** Whether one for whom so many bytes wait may be sent more. */
  judgeReader(connection: Connection, queuedBytes: number): AuthorizationRefusal | undefined {
    const { limits } = this.#options;
    const isOfShore = isSubscriber(this.#lines.get(connection)?.device ?? '');
    const queuedBytesMax = isOfShore ? limits.subscriberQueuedBytesMax : limits.queuedBytesMax;
    if (queuedBytes <= queuedBytesMax) return undefined;
    const message = `it asks and does not read: ${queuedBytes} bytes wait for it, more than ${queuedBytesMax}; it is cut off`;
    return { code: 'READER_TOO_SLOW', message };
  }

  /** Whether a device has subscribed to a topic on the connection that speaks for it; what it gave up since still counts. */
  mayHear(device: string, topic: string): boolean {
    const connection = this.#current.get(device)?.connection;
    const { filters } = (connection && this.#lines.get(connection)) ?? {};
    return filters?.values().some((filter) => topicMatches(filter, topic)) === true;
  }

  /** Tells of a refusal, once a connection. */
  refuse(connection: Connection, { code, message }: AuthorizationRefusal): void {
    const line = this.#lines.get(connection);
    if (line === undefined || line.isRefused) return;
    line.isRefused = true;
    const { device, keyFingerprint, address } = line;
    this.#options.onRefusal({ device, keyFingerprint, address, code, message });
  }

  /** The connection speaks for its device from now on; `undefined` for a subscriber, which is none. */
  connected(connection: Connection): DeviceContact | undefined {
    const line = this.#lines.get(connection);
    if (line === undefined) return undefined;
    const { device, address, certificateEndsAt, takenOverFrom } = line;
    this.#current.set(device, { connection, address });
    if (isSubscriber(device)) return undefined;
    return {
      device,
      connected: true,
      address,
      certificateEndsAt,
      ...(takenOverFrom === undefined ? {} : { takenOverFrom }),
    };
  }

  /** The end of a connection; `undefined` when a newer one has taken its place, for then it says nothing of the device. */
  disconnected(connection: Connection, device: string): DeviceContact | undefined {
    const current = this.#current.get(device);
    if (current?.connection !== connection) return undefined;
    this.#current.delete(device);
    if (isSubscriber(device)) return undefined;
    return { device, connected: false, address: current.address };
  }
}
