/** TCP connections to other machines as streams that nobody waits for: what is read was received before, what is written is sent later. */
import { lookup } from 'node:dns';
import { BlockList, connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { FileError } from '../file-handles.ts';
import type { Outbound, OutboundTarget } from '../ports.ts';
import type { Connection, InputStream, OutputStream, Readiness } from '../streams.ts';

const connectMsMax = 30_000;
/** Held in either direction; then the other end, or the program, waits. */
const bufferBytesMax = 65_536;

const notPublic = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12],
  ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) notPublic.addSubnet(network, bits, 'ipv4'); // biome-ignore format: a table
for (const [network, bits] of [
  ['::', 127], ['64:ff9b::', 96], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8],
] as const) notPublic.addSubnet(network, bits, 'ipv6'); // biome-ignore format: a table

/** Whether everybody in the world means the same machine by an address, rather than a neighbour of this one. */
export function isPublicAddress(address: string): boolean {
  return !notPublic.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The public addresses of a name; a name that leads to a neighbour is not followed there. */
const lookupPublic: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const open = (found ?? []).filter(({ address }) => isPublicAddress(address));
    const seen = (found ?? []).map(({ address }) => address).join(', ');
    if (error !== null) callback(error, []);
    else if (open.length === 0)
      callback(new Error(`${host} is ${seen}, and a name may only lead to public addresses`), []);
    else callback(null, open);
  });
};

class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  #error: Error | undefined;
  readonly input: InputStream;
  readonly output: OutputStream;

  constructor(socket: Socket) {
    this.#socket = socket;
    const wake = (): void => {
      for (const callback of [...this.#waiting]) callback();
    };
    for (const event of ['readable', 'end', 'connect', 'drain', 'close']) socket.on(event, wake);
    socket.on('error', (error) => {
      this.#error = error;
      wake();
    });
    this.input = {
      ...this.#readiness(() => this.#mayRead()),
      read: (into) => this.#read(into),
      available: () => socket.readableLength,
      hasEnded: () => socket.readableEnded || (socket.destroyed && socket.readableLength === 0),
    };
    this.output = { ...this.#readiness(() => this.#mayWrite()), write: (bytes) => this.#write(bytes) };
  }

  #readiness(isReady: () => boolean): Readiness {
    return {
      isReady,
      onReady: (callback) => {
        this.#waiting.add(callback);
        return { [Symbol.dispose]: () => void this.#waiting.delete(callback) };
      },
    };
  }

  #mayRead(): boolean {
    return this.#socket.readableLength > 0 || this.#socket.readableEnded || this.#socket.destroyed;
  }

  #mayWrite(): boolean {
    const { connecting, destroyed, writable, writableLength } = this.#socket;
    return destroyed || !writable || (!connecting && writableLength < bufferBytesMax);
  }

  #read(into: Uint8Array): number {
    const { readableLength } = this.#socket;
    if (readableLength === 0 && this.#error !== undefined) throw new FileError('io', this.#error.message);
    if (into.length === 0) return 0;
    // Asked for nothing it looks whether the end has come.
    const bytes: Uint8Array | null = this.#socket.read(
      readableLength === 0 ? undefined : Math.min(into.length, readableLength),
    );
    if (bytes === null) return 0;
    into.set(bytes);
    return bytes.length;
  }

  #write(bytes: Uint8Array): number {
    const { destroyed, writable } = this.#socket;
    if (destroyed || !writable) throw new FileError('pipe', this.#error?.message ?? 'the connection is closed');
    if (!this.#mayWrite()) return 0;
    const part = bytes.slice(0, bufferBytesMax);
    this.#socket.write(part);
    return part.length;
  }

  shutdown({ send }: { readonly receive: boolean; readonly send: boolean }): void {
    if (send) this.#socket.end();
  }

  /** What was written is still sent, as far as that takes no longer than a connection may take to be made. */
  close(): void {
    this.#waiting.clear();
    this.#socket.end();
    this.#socket.resume();
    this.#socket.setTimeout(connectMsMax, () => this.#socket.destroy());
  }
}

/** The network of this machine as guests get to it. */
export const nodeOutbound: Outbound = {
  connect: ({ host, port }: OutboundTarget): Connection => {
    const address = host.replace(/^\[(.*)\]$/, '$1');
    // Of several addresses each is tried: the look-up is then always asked for all.
    const socket = connect({ host: address, port, noDelay: true, autoSelectFamily: true, lookup: lookupPublic });
    socket.setTimeout(connectMsMax, () => socket.destroy(new Error(`${host} does not answer`)));
    socket.once('connect', () => socket.setTimeout(0));
    return new SocketConnection(socket);
  },
};
