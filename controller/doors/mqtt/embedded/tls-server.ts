/** The TLS server in front of the embedded broker: everybody may knock, in turn; who is let in is judged behind it. */
import { constants } from 'node:crypto';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import type { Clock, Log } from '../../../../platform/ports.ts';
import type { KeyAndCertificate } from '../../../authority/authority-files.ts';
import type { OnRefusal } from '../../../authority/authorization.ts';
import { ConnectionsFull, connectionsMax } from '../../connection-room.ts';
import { fairHandshakes, unreadConnections } from '../../fair-handshakes.ts';
import type { Guard } from '../../guard.ts';
import { UnfinishedHandshakes } from '../../unfinished-handshakes.ts';
import type { BrokerLimits } from './limits.ts';

/** As whom it speaks, whose client certificates count, and what it may cost. */
export interface DeviceServerOptions {
  readonly identity: KeyAndCertificate;
  /** PEM of the authority whose client certificates count. */
  readonly authority: string;
  readonly limits: BrokerLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly guard: Guard;
  readonly onRefusal: OnRefusal;
}

/** The server, which listens to nobody yet. */
export interface DeviceServer extends Disposable {
  readonly server: Server;
  /** Takes a renewed certificate for all connections to come. */
  renewIdentity(identity: KeyAndCertificate): void;
}

function secureContext(identity: KeyAndCertificate, authority: string): TlsOptions {
  return {
    key: identity.key,
    cert: identity.certificate,
    ca: authority,
    minVersion: 'TLSv1.2',
    // A client could make the server compute a handshake again and again over one connection. A ticket holds the client's
    // certificate and is sent twice, 1.6 KB for nothing: the MQTT library of agents does not come back with one.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  };
}

/** Makes the server; a connection that is through its handshake is its event `secureConnection`. */
export function createDeviceServer({
  identity,
  authority,
  limits,
  clock,
  log,
  guard,
  onRefusal,
}: DeviceServerOptions): DeviceServer {
  const server = createServer({
    ...secureContext(identity, authority),
    ...unreadConnections,
    requestCert: true,
    // Judged later, so that a refusal has a name and is seen in status.
    rejectUnauthorized: false,
    noDelay: true,
    handshakeTimeout: limits.handshakeMs,
  });
  server.maxConnections = limits.connectionsMax;
  const turnedAway = (address: string | undefined, error: Error) => guard.tell('mqtt', address ?? '', error);
  const handshakes = fairHandshakes(server, {
    clock,
    onTurnedAway: turnedAway,
    unfinished: new UnfinishedHandshakes(onRefusal),
  });
  const full = new ConnectionsFull(limits.connectionsMax, connectionsMax.mqtt);
  server.on('drop', (drop) => turnedAway(drop?.remoteAddress, full));
  server.on('error', (error) => guard.tell('mqtt', 'listener', error));
  server.on('tlsClientError', (error) => log.write('debug', 'broker.handshake-failed', { error: String(error) }));
  return {
    server,
    renewIdentity: (renewed) => server.setSecureContext(secureContext(renewed, authority)),
    [Symbol.dispose]: () => handshakes[Symbol.dispose](),
  };
}
