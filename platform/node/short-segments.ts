/**
 * Connections whose segments are short, both ways: where long packets vanish on the way and nobody is told, these come through. Node has no
 * word for it, so the socket is made by the C library itself and handed to Node before it connects.
 */
import { lookup } from 'node:dns/promises';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { bareHost } from '../host-and-port.ts';

/** Bytes of TCP a packet, with its options: where Linux begins its own search for what comes through (`tcp_base_mss`). */
const segmentBytes = 1_024;

/** Of Linux, on every processor that Node runs on. */
const linux = { inet: 2, inet6: 10, stream: 1, closeOnExec: 0o2000000, tcp: 6, maxSegment: 2 } as const;

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

/** What connects to a host; undefined where this machine can't choose. Rejects when the name leads to no address. */
export async function shortSegmentSocket(
  host: string,
): Promise<{ readonly socket: Socket; readonly address: string } | undefined> {
  native ??= loadNative();
  if (native === 'none') return undefined;
  const { address, family } = await lookup(bareHost(host));
  const fd = native.socket(family === 6 ? linux.inet6 : linux.inet, linux.stream | linux.closeOnExec, 0);
  if (fd < 0) return undefined;
  const value = Buffer.alloc(4);
  new Int32Array(value.buffer, value.byteOffset, 1)[0] = segmentBytes;
  native.setsockopt(fd, linux.tcp, linux.maxSegment, value, value.length);
  // Nothing is to be read before it is connected.
  const options: SocketConstructorOpts & { readonly manualStart: true } = { fd, manualStart: true };
  return { socket: new Socket(options), address };
}
