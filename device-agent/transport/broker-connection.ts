/** One MQTT connection of the native library, not yet begun. */
import './no-system-authorities.ts';
import { HttpProxyAuthenticationType, HttpProxyConnectionType, HttpProxyOptions } from 'aws-crt/dist/native/http.js';
import {
  ClientBootstrap,
  ClientTlsContext,
  SocketOptions,
  TlsCipherPreference,
  TlsContextOptions,
  tls_cipher_preference_is_supported,
} from 'aws-crt/dist/native/io.js';
import { MqttClient, type MqttClientConnection } from 'aws-crt/dist/native/mqtt.js';

/** What a device shows the broker and whom it trusts. PEM texts. */
export interface DeviceIdentity {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Which broker a device speaks with, and as whom. */
export interface BrokerAccess {
  readonly device: string;
  readonly host: string;
  readonly port: number;
  readonly keepAliveSeconds: number;
  readonly identity: DeviceIdentity;
  /** How long an answer may take: over a satellite with a full queue it takes its time. */
  readonly answerSecondsMax: number;
}

const pingMsMax = 30_000;
const loopback = '127.0.0.1';
const classical = TlsCipherPreference.TLSv1_2_2025_07;

/** A connection to the broker through the proxy at a port of the loopback. */
export function newConnection(access: BrokerAccess, proxyPort: number): MqttClientConnection {
  const { device, host, port, keepAliveSeconds, identity, answerSecondsMax } = access;
  const tls = TlsContextOptions.create_client_with_mtls(identity.certificate, identity.key);
  tls.override_default_trust_store(identity.ca);
  // As `keyExchange` has it for HTTPS. Where the library's TLS is the system's, that chooses.
  if (tls_cipher_preference_is_supported(classical)) tls.tls_cipher_preference = classical;
  const { None } = HttpProxyAuthenticationType;
  const { Tunneling } = HttpProxyConnectionType;
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
    socket_options: new SocketOptions(),
    tls_ctx: new ClientTlsContext(tls),
    proxy_options: new HttpProxyOptions(loopback, proxyPort, None, undefined, undefined, undefined, Tunneling),
    disable_metrics: true,
  });
}
