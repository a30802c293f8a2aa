/** How a device comes back to its controller over HTTPS: by the key that both took from the handshake before. */
import { hash } from 'node:crypto';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { ReturnKey, ReturnKeys } from '../ports.ts';
import type { SocketTerms } from './made-socket.ts';
import { exportReturnKey } from './return-key.ts';
import { connectTlsOn, handOver, isMade, type OnMade } from './tls-connections.ts';

/** That of this process, which has one server to come back to. */
export const nodeReturnKeys: ReturnKeys = { key: undefined };

const beganWithKeys = new WeakSet<Socket>();

/** Whether a connection hopes to do without certificates. */
export function beganWithKey(socket: Socket): boolean {
  return beganWithKeys.has(socket);
}

/** A key counts for the hash of this cipher suite, and for TLS 1.3, which its server speaks: others need not be offered. */
function beginningWith({ name, secret }: ReturnKey): ConnectionOptions {
  return {
    pskCallback: () => ({ identity: name, psk: Buffer.from(secret, 'base64') }),
    ciphers: 'TLS_AES_128_GCM_SHA256',
    minVersion: 'TLSv1.3',
  };
}

/** Connections that come back to where all of them lead; of several pools all have the last key. */
export class ReturningPool extends Agent {
  readonly #terms: SocketTerms;
  /** As a key says whose it is: where it leads, and the certificate that was shown there. */
  readonly #owner: Pick<ReturnKey, 'to' | 'certificate'>;

  constructor(options: AgentOptions, terms: SocketTerms, to: string) {
    // Where its key is what it comes back with, a session that can't be resumed is 95 bytes for nothing.
    super({ ...options, maxCachedSessions: 0 });
    this.#terms = terms;
    this.#owner = { to, certificate: hash('sha256', String(options.cert)) };
  }

  override createConnection(options: RequestOptions, onMade?: OnMade): Duplex | null | undefined {
    const key = this.#key();
    const whole = key === undefined ? options : { ...options, ...beginningWith(key) };
    const watched = (socket: TLSSocket): TLSSocket => this.#watch(socket, key);
    if (isMade(this.#terms)) return handOver(connectTlsOn(this.#terms, whole).then(watched), onMade);
    return watched(super.createConnection(whole, onMade) as TLSSocket);
  }

  #key(): ReturnKey | undefined {
    const { key } = nodeReturnKeys;
    const isOurs = key?.to === this.#owner.to && key.certificate === this.#owner.certificate;
    return isOurs ? key : undefined;
  }

  /** Takes the key of a connection that showed certificates, and leaves one that was refused. */
  #watch(socket: TLSSocket, key: ReturnKey | undefined): TLSSocket {
    if (key !== undefined) beganWithKeys.add(socket);
    socket.once('secureConnect', () => {
      const exported = exportReturnKey(socket);
      if (exported === undefined) return;
      nodeReturnKeys.key = { ...this.#owner, name: exported.name, secret: exported.secret.toString('base64') };
    });
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (/^(EPROTO|ERR_SSL)/.test(code) && nodeReturnKeys.key === key) nodeReturnKeys.key = undefined;
    });
    return socket;
  }
}
