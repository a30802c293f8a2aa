/** TCP connections to other machines as streams that nobody waits for: what is read was received before, what is written is sent later. */
import { lookup } from 'node:dns';
import { BlockList, connect, isIP, type LookupFunction } from 'node:net';
import { bareHost } from '../host-and-port.ts';
import type { Outbound, OutboundTarget } from '../ports.ts';
import type { Connection } from '../streams.ts';
import { SocketConnection } from './socket-connection.ts';

const connectMsMax = 30_000;

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

/** The network of this machine as guests get to it. */
export const nodeOutbound: Outbound = {
  connect: ({ host, port }: OutboundTarget): Connection => {
    // Of several addresses each is tried: the look-up is then always asked for all.
    const socket = connect({ host: bareHost(host), port, noDelay: true, autoSelectFamily: true, lookup: lookupPublic });
    socket.setTimeout(connectMsMax, () => socket.destroy(new Error(`${host} does not answer`)));
    socket.once('connect', () => socket.setTimeout(0));
    return new SocketConnection(socket);
  },
};
