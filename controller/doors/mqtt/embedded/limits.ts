import { connectionsMax } from '../../connection-room.ts';

/** What one device, and all of them together, may cost the embedded broker. */
export interface BrokerLimits {
  readonly packetBytesMax: number;
  readonly connectionsMax: number;
  /** From the beginning of the TLS handshake to its end, and from there to the MQTT CONNECT. */
  readonly handshakeMs: number;
  /** A client must promise to be heard this often, in seconds. */
  readonly keepAliveSecondsMax: number;
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
  /** Packets of all kinds: acknowledgements, pings, subscriptions. */
  readonly packetsPerSecond: number;
  readonly packetsBurst: number;
  /** Of what waits for a reader, beyond what the system's socket holds. */
  readonly queuedBytesMax: number;
  /** … of a subscriber, who hears all devices. */
  readonly subscriberQueuedBytesMax: number;
  /** Different ones of one subscriber; a device has a closed set of them. */
  readonly subscriptionsMax: number;
  /** A reader for whom something waits and who takes nothing for this long is cut off. */
  readonly stalledMs: number;
  /** A device may take the place of its own open connection: as often at once, and once in so many milliseconds on average. */
  readonly takeoversBurst: number;
  readonly takeoverEveryMs: number;
}

/** What holds unless a test says otherwise. */
export const brokerLimits: BrokerLimits = {
  packetBytesMax: 16_384,
  connectionsMax: connectionsMax.mqtt,
  handshakeMs: 10_000,
  keepAliveSecondsMax: 7200,
  messagesPerSecond: 10,
  messagesBurst: 100,
  packetsPerSecond: 60,
  packetsBurst: 600,
  queuedBytesMax: 262_144,
  subscriberQueuedBytesMax: 16 * 2 ** 20,
  subscriptionsMax: 64,
  stalledMs: 30_000,
  takeoversBurst: 12,
  takeoverEveryMs: 30_000,
};
