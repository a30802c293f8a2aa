/** Which interface of this machine an address of its own belongs to. */
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { kernelText } from './kernel-text.ts';

/** `eth0` by what the system tells; undefined where it does not, as in a unit that allows no netlink. */
function toldInterface(address: string): string | undefined {
  try {
    const all = Object.entries(networkInterfaces());
    return all.find(([, list = []]) => list.some((one) => one.address === address))?.[0];
  } catch {
    return undefined;
  }
}

/** An IPv4 address in the order of bytes in which the kernel prints one on most machines, which is the other way round. */
function number4(address: string): number {
  return address.split('.').reduceRight((all, byte) => all * 256 + Number(byte), 0);
}

interface Network {
  readonly name: string;
  readonly mask: number;
}

/** The interface of the narrowest network without a gateway that an IPv4 address lies in, by the kernel's table of routes. */
export function interfaceOf4(address: string, table: string): string | undefined {
  const own = number4(address);
  const networks = table.split('\n').flatMap((line): Network[] => {
    const [name, to = '', gateway, , , , , mask = ''] = line.split('\t');
    const [net, bits] = [Number.parseInt(to, 16), Number.parseInt(mask, 16)];
    const isIn = name !== undefined && gateway === '00000000' && bits !== 0 && (own & bits) >>> 0 === net;
    return isIn ? [{ name, mask: bits }] : [];
  });
  // Longer masks have more bits set, in whatever order of bytes.
  const length = (mask: number): number => mask.toString(2).replaceAll('0', '').length;
  return networks.toSorted((a, b) => length(b.mask) - length(a.mask))[0]?.name;
}

/** The interface that has an IPv6 address, by the kernel's table of those. */
export function interfaceOf6(address: string, table: string): string | undefined {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const whole = [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('');
  const line = table.split('\n').find((one) => one.startsWith(`${whole} `));
  return line?.trim().split(/\s+/).at(-1);
}

/** The interface of a local address; undefined where that can't be told. */
export function interfaceOf(localAddress: string | undefined): string | undefined {
  const address = localAddress?.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  if (address === undefined) return undefined;
  const told = toldInterface(address);
  if (told !== undefined) return told;
  if (isIPv4(address)) return interfaceOf4(address, kernelText('/proc/self/net/route'));
  return isIPv6(address) ? interfaceOf6(address, kernelText('/proc/self/net/if_inet6')) : undefined;
}
