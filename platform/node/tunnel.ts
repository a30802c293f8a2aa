/** Passes on what somebody who is connected here and a server say to each other; they asked for it with CONNECT (RFC 9110, 9.3.6). */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { bareHost } from '../host-and-port.ts';
import type { Peer, Tunnel, TunnelAsked, TunnelHandler, TunnelRefusal } from '../ports.ts';
import { nodeClock } from './clock.ts';
import { failureOf, type Reach, type Reached } from './direct-way.ts';
import { interfaceOf } from './interface-of.ts';
import { pass } from './pass.ts';
import { nodeSegments } from './segments.ts';
import { connectionBytes, travelOf } from './travel.ts';

/** Who lost its power says nothing more: on a network of the site it costs nothing to ask. */
const aliveMs = 30_000;

/** What one of both still has to be sent when the other has left. */
const lastWordsMsMax = 30_000;

/** Who lets somebody through, and by which way. */
export interface Tunnels {
  readonly handler: TunnelHandler;
  readonly reach: Reach;
}

/** `HOST:PORT`, as CONNECT has it; undefined where it is something else. */
function askedOf(target: string): TunnelAsked | undefined {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^\s/@:[\]]{1,253}):(\d{1,5})$/.exec(target) ?? [];
  return host === undefined ? undefined : { host: bareHost(host).toLowerCase(), port: Number(port) };
}

function refuse(socket: Socket, { status, reason }: Pick<TunnelRefusal, 'reason'> & { readonly status: number }): void {
  const told = reason.replace(/[^ -~]/g, '?');
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-fleet-reason: ${told}\r\ncontent-length: 0\r\nconnection: close`;
  socket.end(`${head}\r\n\r\n`);
  // By the clock: a silence that somebody breaks now and then would never be long enough.
  const patience = nodeClock.after(lastWordsMsMax, () => socket.destroy());
  socket.once('close', () => patience[Symbol.dispose]());
}

/** One that ends lets the other have what it said before; one that fails does not. */
function endTogether(one: Socket, other: Socket): void {
  one.once('end', () => {
    other.end();
    other.setTimeout(lastWordsMsMax, () => other.destroy());
  });
  one.once('close', () => {
    if (one.errored === null && one.readableEnded) other.end();
    else other.destroy();
  });
}

/** Counts what goes between here and the server, by the interface that it went out of. */
function countingOf({ countTravel }: Tunnel, { localAddress }: Socket): (bytes: number) => void {
  const via = interfaceOf(localAddress);
  countTravel(connectionBytes, via);
  return (bytes) => countTravel(travelOf(bytes), via);
}

function join(near: Socket, { socket: server, areShort }: Reached, tunnel: Tunnel): void {
  let hasAnswered = false;
  const count = countingOf(tunnel, server);
  const end = (): void => {
    near.destroy();
    server.destroy();
  };
  const accepts = ({ length }: Buffer): boolean => {
    count(length);
    if (tunnel.accepts(length)) return true;
    end();
    return false;
  };
  server.once('data', () => {
    hasAnswered = true;
  });
  server.once('close', () => {
    // As in a relay: a server's first flight is longer than what some links carry.
    if (!hasAnswered && server.errored === null && !server.readableEnded) nodeSegments.cameToNothing(areShort);
  });
  server.setTimeout(tunnel.idleMsMax, end);
  tunnel.signal.addEventListener('abort', end, { once: true });
  endTogether(near, server);
  endTogether(server, near);
  pass(near, server, accepts);
  pass(server, near, accepts);
}

async function open(near: Socket, asked: TunnelAsked, tunnel: Tunnel, reach: Reach): Promise<void> {
  const left = new AbortController();
  near.once('close', () => left.abort());
  const signal = AbortSignal.any([left.signal, tunnel.signal]);
  let reached: Reached;
  try {
    reached = await reach(asked, tunnel.connectMsMax, signal);
  } catch (error) {
    const reason = `${asked.host} port ${asked.port} is not reached from here: ${failureOf(error)}`;
    if (!signal.aborted) tunnel.reached(reason);
    return refuse(near, { status: 502, reason });
  }
  tunnel.reached();
  // Who left in the same moment tells of it no more.
  if (near.destroyed || signal.aborted) {
    near.destroy();
    return void reached.socket.destroy();
  }
  near.write('HTTP/1.1 200 OK\r\n\r\n');
  join(near, reached, tunnel);
}

/** Serves one request, and the connection that it came over from then on. */
export function serveTunnel(target: string, near: Socket, peer: Peer, { handler, reach }: Tunnels): void {
  near.setTimeout(0);
  near.setNoDelay(true);
  near.setKeepAlive(true, aliveMs);
  near.on('error', () => near.destroy());
  const asked = askedOf(target);
  if (asked === undefined) return refuse(near, { status: 400, reason: 'what is asked for is no host and port' });
  const answer = handler(asked, peer);
  if (answer.kind === 'refused') return refuse(near, answer);
  near.once('close', answer.ended);
  void open(near, asked, answer, reach);
}
