/** What one device, and all of them together, may cost the embedded broker. */
export interface BrokerLimits {
  readonly packetBytesMax: number;
  readonly connectionsMax: number;
  /** From the TCP connect to the end of the TLS handshake, and from there to the MQTT CONNECT. */
  readonly handshakeMs: number;
  /** A client must promise to be heard this often, in seconds. */
  readonly keepAliveSecondsMax: number;
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
}

/** What holds unless a test says otherwise. */
export const brokerLimits: BrokerLimits = {
  packetBytesMax: 16_384,
  connectionsMax: 20_000,
  handshakeMs: 10_000,
  keepAliveSecondsMax: 7200,
  messagesPerSecond: 10,
  messagesBurst: 100,
};
