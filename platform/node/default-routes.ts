/** The default routes of this machine, by the kernel's tables for IPv4 and IPv6. */
import { kernelText } from './kernel-text.ts';

interface DefaultRoute {
  readonly name: string;
  readonly metric: number;
}

/** IPv4: interface, destination, gateway, flags, references, use, metric, mask. */
function routesOf4(table: string): DefaultRoute[] {
  return table.split('\n').flatMap((line) => {
    const [name, to, , , , , metric, mask] = line.split('\t');
    return name !== undefined && to === '00000000' && mask === '00000000' ? [{ name, metric: Number(metric) }] : [];
  });
}

/** IPv6: destination, its length, source, its length, next hop, metric, references, use, flags, interface. */
function routesOf6(table: string): DefaultRoute[] {
  return table.split('\n').flatMap((line) => {
    const [to, length, , , , metric = '', , , , name] = line.trim().split(/\s+/);
    const isDefault = to === '0'.repeat(32) && length === '00' && name !== 'lo';
    return isDefault && name !== undefined ? [{ name, metric: Number.parseInt(metric, 16) }] : [];
  });
}

/** The interfaces that default routes lead out of, the one that is taken first before the others: of IPv4 before those of IPv6. */
export function interfacesOut(table4: string, table6: string): readonly string[] {
  const inOrder = (routes: readonly DefaultRoute[]) => routes.toSorted((a, b) => a.metric - b.metric);
  const names = [...inOrder(routesOf4(table4)), ...inOrder(routesOf6(table6))].map(({ name }) => name);
  return [...new Set(names)];
}

function table(family: number): string {
  return kernelText(family === 6 ? '/proc/self/net/ipv6_route' : '/proc/self/net/route');
}

/** Those of this machine. */
export function ownInterfacesOut(): readonly string[] {
  return interfacesOut(table(4), table(6));
}

/** Whether a default route of IPv4 or IPv6 leads out of an interface here. */
export function leadsOut(name: string, family: number): boolean {
  const routes = family === 6 ? routesOf6(table(6)) : routesOf4(table(4));
  return routes.some((route) => route.name === name);
}
