/** TCP connections to other machines as streams that nobody waits for: what is read was received before, what is written is sent later. */
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
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
  ['::', 127], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['fc00::', 7], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8],
] as const) notPublic.addSubnet(network, bits, 'ipv6'); // biome-ignore format: a table

/** Whether everybody in the world means the same machine by an address, rather than a neighbour of this one. */
export function isPublicAddress(address: string): boolean {
  return !notPublic.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Of a question to one server, and how often all are asked. */
const questions = { timeout: 5_000, tries: 2 };

/** All addresses of a name. */
async function addressesOf(host: string, resolver: Resolver): Promise<LookupAddress[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [four, six].flatMap((answer, at) => {
    const addresses = answer.status === 'fulfilled' ? answer.value : [];
    return addresses.map((address) => ({ address, family: at === 0 ? 4 : 6 }));
  });
  if (found.length === 0 && four.status === 'rejected') throw four.reason;
  return found;
}

/** The public addresses of a name; a name that leads to a neighbour is not followed there. */
async function publicAddressesOf(host: string, resolver: Resolver): Promise<LookupAddress[]> {
  const found = await addressesOf(host, resolver);
  const open = found.filter(({ address }) => isPublicAddress(address));
  if (open.length > 0) return open;
  const seen = found.map(({ address }) => address).join(', ');
  throw new Error(`${host} is ${seen || 'nowhere'}, and a name may only lead to public addresses`);
}

/**
 * Looks names up by questions of its own: the system's way waits on a few threads of the process, and a program that asks for names
 * whose servers are silent would hold up everybody's.
 */
function lookingUp(newResolver: () => Resolver): { readonly lookup: LookupFunction; readonly cancel: () => void } {
  let resolver: Resolver | undefined;
  return {
    // Of several addresses each is tried: all are always asked for.
    lookup: (host, _options, callback) => {
      resolver = newResolver();
      publicAddressesOf(host, resolver).then(
        (addresses) => callback(null, addresses),
        (error) => callback(error, []),
      );
    },
    cancel: () => resolver?.cancel(),
  };
}

/** A network on which names are looked up by such resolvers. */
export function outboundBy(newResolver: () => Resolver): Outbound {
  return {
    connect: ({ host, port }: OutboundTarget): Connection => {
      const { lookup, cancel } = lookingUp(newResolver);
      const socket = connect({ host: bareHost(host), port, noDelay: true, autoSelectFamily: true, lookup });
      socket.setTimeout(connectMsMax, () => socket.destroy(new Error(`${host} does not answer`)));
      socket.once('connect', () => socket.setTimeout(0));
      // Whoever opens and closes without end has no more questions under way than connections.
      socket.once('close', cancel);
      return new SocketConnection(socket);
    },
  };
}

/** The network of this machine as guests get to it. */
export const nodeOutbound: Outbound = outboundBy(() => new Resolver(questions));
