/** Where a connection comes from, as far as limits are concerned. */

/** An IPv4 address that a socket for both families shows as IPv6. */
const mappedPattern = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Leading groups of an IPv6 address that one customer is given: the rest of 128 bits is theirs to choose. */
const groupsOfPrefix = 4;

/** The groups of an IPv6 address with `::` written out. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const split = (part: string): string[] => (part === '' ? [] : part.split(':'));
  if (tail === undefined) return split(head);
  const missing = Math.max(0, 8 - split(head).length - split(tail).length);
  return [...split(head), ...Array<string>(missing).fill('0'), ...split(tail)];
}

/** Who shares a limit: an IPv4 address, or the /64 of an IPv6 one. */
export function sourceOf(address: string): string {
  const mapped = mappedPattern.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const prefix = groupsOf(address.split('%')[0]!.toLowerCase()).slice(0, groupsOfPrefix);
  return `${prefix.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
