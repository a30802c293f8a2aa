import { networkInterfaces } from 'node:os';
import type { Ways } from '../ports.ts';
import { nodeClock } from './clock.ts';
import { kernelText } from './kernel-text.ts';
import { polledWays } from './polled-ways.ts';

/** A machine with more routes than that is not told apart by the rest of them. */
const textCharsMax = 64 * 1024;

function linesOf(name: string): string[] {
  return kernelText(`/proc/self/net/${name}`).slice(0, textCharsMax).split('\n');
}

/** IPv4 routes by interface, destination, gateway and mask; the other columns count or never change. */
function routes(): string[] {
  return linesOf('route')
    .slice(1)
    .map((line) => {
      const [name, to, gateway, , , , , mask] = line.split('\t');
      return [name, to, gateway, mask].join(' ');
    });
}

/** This machine's own IPv4 addresses: those that the kernel's table of routes calls local, each below its name. */
function addresses(): string[] {
  return linesOf('fib_trie').flatMap((line, index, all) =>
    line.includes('/32 host LOCAL') ? [all[index - 1] ?? ''] : [],
  );
}

/** What other systems tell: interfaces that are up and have a carrier, with their addresses. */
function interfaces(): string[] {
  try {
    return Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list.map(({ cidr }) => `${name} ${cidr}`),
    );
  } catch {
    return [];
  }
}

/** The addresses and routes of this machine, as a text. Read from files, for the agent's unit allows no netlink. */
export function waysText(): string {
  const known = [...routes(), ...addresses(), ...linesOf('if_inet6')].filter((line) => line.trim() !== '');
  return (known.length > 0 ? known : interfaces()).join('\n');
}

/** The ways out of this machine. */
export const networkWays: Ways = polledWays(nodeClock, waysText);
