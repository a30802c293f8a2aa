/** Connections of one identity to servers, as they are made: with short segments where long ones don't come through, and back to where it was before by its key. */
import { hash } from 'node:crypto';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { ReturnKey, ReturnKeys } from '../ports.ts';
import { exportReturnKey } from './return-key.ts';
import { shortSegmentSocket } from './short-segments.ts';

/** That of this process, which has one server to come back to. */
export const nodeReturnKeys: ReturnKeys = { key: undefined };

/** What a pool does besides what any does. */
export interface PoolOptions extends AgentOptions {
  readonly areShort: boolean;
  /** The origin of all its connections, if it comes back there with a key. */
  readonly returnsTo?: string;
}

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

/** A connection with short segments, where this machine can choose. */
async function connectShort(options: RequestOptions): Promise<TLSSocket> {
  const host = options.host ?? '';
  const short = await shortSegmentSocket(host);
  const socket = short?.socket.connect({ host: short.address, port: Number(options.port) });
  return connectTls({ ...(options as ConnectionOptions), ...(socket === undefined ? {} : { socket }) });
}

/** A pool; of several that come back to one server all use its last key. */
export class ConnectionPool extends Agent {
  readonly #areShort: boolean;
  /** As a key says whose it is: where it leads, and the certificate that was shown there. */
  readonly #owner: Pick<ReturnKey, 'to' | 'certificate'> | undefined;

  constructor({ areShort, returnsTo, ...options }: PoolOptions) {
    super(options);
    this.#areShort = areShort;
    this.#owner =
      returnsTo === undefined ? undefined : { to: returnsTo, certificate: hash('sha256', String(options.cert)) };
  }

  override createConnection(
    options: RequestOptions,
    onMade?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const key = this.#key();
    const whole = key === undefined ? options : { ...options, ...beginningWith(key) };
    if (!this.#areShort) {
      const socket = super.createConnection(whole, onMade);
      this.#watch(socket as TLSSocket, key);
      return socket;
    }
    connectShort(whole).then(
      (socket) => {
        this.#watch(socket, key);
        onMade?.(null, socket);
      },
      // Nobody looks at the second where there is the first.
      (error: Error) => onMade?.(error, undefined as unknown as Duplex),
    );
    return null;
  }

  #key(): ReturnKey | undefined {
    const { key } = nodeReturnKeys;
    const isOurs = key?.to === this.#owner?.to && key?.certificate === this.#owner?.certificate;
    return isOurs ? key : undefined;
  }

  /** Takes the key of a connection that showed certificates, and leaves one that was refused. */
  #watch(socket: TLSSocket, key: ReturnKey | undefined): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    if (key !== undefined) beganWithKeys.add(socket);
    socket.once('secureConnect', () => {
      const exported = exportReturnKey(socket);
      if (exported === undefined) return;
      nodeReturnKeys.key = { ...owner, name: exported.name, secret: exported.secret.toString('base64') };
    });
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (/^(EPROTO|ERR_SSL)/.test(code) && nodeReturnKeys.key === key) nodeReturnKeys.key = undefined;
    });
  }
}
