/**
 * Who may come back to a server without a certificate: devices that showed theirs in the last days, each under the key of its last handshake. A key
 * stands for that certificate and for no more, as long as that counts; whose it is, is judged at every request, as behind a certificate. All of it is
 * in memory: after a restart devices show their certificates.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../ports.ts';
import { exportReturnKey, returnKeyMsMax } from './return-key.ts';

/** Whom a certificate names. */
export interface NamedPeer {
  readonly device: string;
  readonly keyFingerprint: string;
}

interface Returning extends NamedPeer {
  /** Latin-1: as a string it takes a third of the memory. */
  readonly secret: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Monotonic. */
  readonly keptAtMs: number;
}

/** What it stands on, and how many it remembers: those that came last. */
export interface ReturningDevicesOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly devicesMax: number;
}

/** The keys of one server. */
export class ReturningDevices {
  readonly #options: ReturningDevicesOptions;
  /** By the names of their keys, in the order in which they came last. */
  readonly #byName = new Map<string, Returning>();
  /** The names of keys, one for each device. */
  readonly #names = new Map<string, string>();
  /** Who a connection began as, if it did begin with the key. */
  readonly #offered = new WeakMap<TLSSocket, NamedPeer>();
  readonly #kept = new WeakSet<TLSSocket>();

  constructor(options: ReturningDevicesOptions) {
    this.#options = options;
  }

  /** For the server's handshakes: the secret that a connection says it begins with; null has both show certificates. */
  readonly secretOf = (socket: TLSSocket, name: string): Buffer | null => {
    const found = this.#find(name);
    if (found === undefined) return null;
    const { device, keyFingerprint, secret } = found;
    this.#offered.set(socket, { device, keyFingerprint });
    this.#put(name, found);
    return Buffer.from(secret, 'latin1');
  };

  /** Who a connection that began with a key is of. */
  peerOf(socket: TLSSocket): NamedPeer | undefined {
    return socket.isSessionReused() ? this.#offered.get(socket) : undefined;
  }

  /** Takes the key of a connection that began with a certificate which counts. */
  keep(socket: TLSSocket, { validFromDate, validToDate }: X509Certificate, peer: NamedPeer): void {
    if (this.#kept.has(socket)) return;
    this.#kept.add(socket);
    const key = exportReturnKey(socket);
    if (key === undefined) return;
    this.#forget(this.#names.get(peer.device));
    this.#put(key.name, {
      ...peer,
      secret: key.secret.toString('latin1'),
      fromMs: validFromDate.getTime(),
      untilMs: validToDate.getTime(),
      keptAtMs: this.#options.clock.monotonic(),
    });
    if (this.#byName.size > this.#options.devicesMax) this.#forget(this.#byName.keys().next().value);
  }

  #find(name: string): Returning | undefined {
    const { clock } = this.#options;
    const found = this.#byName.get(name);
    if (found === undefined) return undefined;
    if (clock.monotonic() - found.keptAtMs > returnKeyMsMax) {
      this.#forget(name);
      return undefined;
    }
    const nowMs = clock.now();
    return nowMs >= found.fromMs && nowMs <= found.untilMs ? found : undefined;
  }

  #put(name: string, one: Returning): void {
    this.#byName.delete(name);
    this.#byName.set(name, one);
    this.#names.set(one.device, name);
  }

  #forget(name: string | undefined): void {
    const device = name === undefined ? undefined : this.#byName.get(name)?.device;
    if (name === undefined || device === undefined) return;
    this.#byName.delete(name);
    this.#names.delete(device);
  }
}
