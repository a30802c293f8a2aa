/**
 * Sockets that are made by the C library itself and handed to Node before they connect, for what Node has no word for: segments that are short both
 * ways, which come through where long packets vanish on the way and nobody is told; and an interface that is not the one that the machine's routes choose.
 */

import { lookup } from 'node:dns/promises';
import { closeSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { bareHost } from '../host-and-port.ts';
import { leadsOut } from './default-routes.ts';

/** What a socket is to do. */
export interface SocketTerms {
  readonly areShort: boolean;
  /** The interface that it goes out of; as the machine's routes have it without. */
  readonly via?: string | undefined;
}

/** A socket that is not connected yet, and the address to connect it to. */
export interface MadeSocket {
  readonly socket: Socket;
  readonly address: string;
}

/** Bytes of TCP a packet, with its options: where Linux begins its own search for what comes through (`tcp_base_mss`). */
const segmentBytes = 1_024;

/** Of Linux, on every processor that Node runs on. */
const linux = {
  ...{ inet: 2, inet6: 10, stream: 1, closeOnExec: 0o2000000 },
  ...{ tcp: 6, maxSegment: 2, socket: 1, bindToDevice: 25 },
} as const;

type Native = ReturnType<typeof openNative>;

/** Undefined before it was needed. */
let native: Native | 'none' | undefined;

function openNative(ffi: typeof import('node:ffi')) {
  const int = 'int32';
  return ffi.dlopen(null, {
    socket: { arguments: [int, int, int], return: int },
    setsockopt: { arguments: [int, int, int, 'buffer', int], return: int },
  }).functions;
}

/** There is none where Node lacks `node:ffi` (before 26.1), was told to do without, or finds no such functions in itself. */
function loadNative(): Native | 'none' {
  const ffi: typeof import('node:ffi') | undefined = process.getBuiltinModule('node:ffi');
  if (process.platform !== 'linux' || ffi === undefined) return 'none';
  try {
    return openNative(ffi);
  } catch {
    return 'none';
  }
}

/** Whether this machine may be able to, as far as that can be told without trying. */
export function canMakeSockets(): boolean {
  return process.platform === 'linux' && process.getBuiltinModule('node:ffi') !== undefined;
}

/** The address of a host, of several the first to which the interface has a route. */
async function addressOf(host: string, via: string | undefined): Promise<Awaited<ReturnType<typeof lookup>>> {
  if (via === undefined) return lookup(bareHost(host));
  const all = await lookup(bareHost(host), { all: true });
  return all.find(({ family }) => leadsOut(via, family)) ?? all[0]!;
}

function shorten({ setsockopt }: Native, fd: number): void {
  const value = Buffer.alloc(4);
  new Int32Array(value.buffer, value.byteOffset, 1)[0] = segmentBytes;
  setsockopt(fd, linux.tcp, linux.maxSegment, value, value.length);
}

/** Needs no privilege from Linux 5.7 on. */
function bindTo(via: string, { setsockopt }: Native, fd: number): void {
  const name = Buffer.from(`${via}\0`);
  if (setsockopt(fd, linux.socket, linux.bindToDevice, name, name.length) >= 0) return;
  closeSync(fd);
  throw new Error(`no connection can be made out of ${via} here`);
}

/**
 * What connects to a host; undefined where this machine can't choose and none has to go out of an interface. Rejects when the name leads to no
 * address, or the interface takes none.
 */
export async function makeSocket(host: string, { areShort, via }: SocketTerms): Promise<MadeSocket | undefined> {
  native ??= loadNative();
  if (native === 'none' && via !== undefined) throw new Error(`no connection can be held to ${via} here`);
  if (native === 'none') return undefined;
  const { address, family } = await addressOf(host, via);
  const fd = native.socket(family === 6 ? linux.inet6 : linux.inet, linux.stream | linux.closeOnExec, 0);
  if (fd < 0) return undefined;
  if (areShort) shorten(native, fd);
  if (via !== undefined) bindTo(via, native, fd);
  // Nothing is to be read before it is connected.
  const options: SocketConstructorOpts & { readonly manualStart: true } = { fd, manualStart: true };
  return { socket: new Socket(options), address };
}
