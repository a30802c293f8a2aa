/** Which networks neighbours are looked for on, and who is on one. Pure. */
import type { LanPlace } from '../../../platform/ports.ts';

/** Programs of multicast DNS hear each other here (RFC 6762, 3). */
export const mdnsGroup = { address: '224.0.0.251', port: 5353 } as const;

/** A machine has few networks; on more nobody is asked nor told anything. */
const placesMax = 8;

/** Networks that are never the world's, each with the bits that all its addresses share: private, link-local, loopback. */
const ownNetworks = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const;

/** Undefined where it is no IPv4 address. */
function numberOf(address: string): number | undefined {
  const bytes = address.split('.').map(Number);
  const isOne = bytes.length === 4 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return isOne ? bytes.reduce((all, byte) => all * 256 + byte, 0) : undefined;
}

function isIn(address: string, network: string, mask: number): boolean {
  const [one, other] = [numberOf(address), numberOf(network)];
  return one !== undefined && other !== undefined && (one & mask) === (other & mask);
}

/** Whether an address belongs to a network of somebody's own, of which there are many alike. */
export function isOwnNetwork(address: string): boolean {
  return ownNetworks.some(([network, bits]) => isIn(address, network, -1 << (32 - bits)));
}

/** Whether who sends from there is a neighbour of a place: on its very network, which is one of somebody's own. */
export function isBeside({ address, netmask }: LanPlace, from: string): boolean {
  const mask = numberOf(netmask);
  return mask !== undefined && isOwnNetwork(from) && isIn(from, address, mask);
}

function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Of the networks of this machine those that are its owner's own, and whose interfaces are named: the first of them where there are many. */
export function placesOn(places: readonly LanPlace[], interfaces: readonly string[]): readonly LanPlace[] {
  const isOne = ({ interface: name, address }: LanPlace): boolean =>
    isOwnNetwork(address) && interfaces.some((pattern) => isNamed(name, pattern));
  return places.filter(isOne).slice(0, placesMax);
}
