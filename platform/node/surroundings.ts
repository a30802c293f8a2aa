/** What this machine knows of its own situation, read from files. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import type { LeftText, Power, Surroundings } from '../ports.ts';
import { kernelText } from './kernel-text.ts';

/** A machine has few supplies; more are not looked at. */
const suppliesMax = 16;

/** A pipe would keep whoever opens it waiting for its other end. */
const unwaiting = constants.O_RDONLY | constants.O_NONBLOCK;

function read(descriptor: number, bytesMax: number): LeftText | undefined {
  const stats = fstatSync(descriptor);
  if (!stats.isFile() || stats.size > bytesMax) return undefined;
  const bytes = Buffer.alloc(bytesMax);
  const length = readSync(descriptor, bytes, 0, bytesMax, 0);
  return { text: bytes.toString('utf8', 0, length), writtenMs: stats.mtimeMs };
}

function leftText(path: string, bytesMax: number): LeftText | undefined {
  try {
    const descriptor = openSync(path, unwaiting);
    try {
      return read(descriptor, bytesMax);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

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

/** The interface of the default route that is taken first, by the kernel's tables for IPv4 and IPv6. */
export function interfaceOut(table4: string, table6: string): string | undefined {
  const first = (routes: readonly DefaultRoute[]) => routes.toSorted((a, b) => a.metric - b.metric)[0]?.name;
  return first(routesOf4(table4)) ?? first(routesOf6(table6));
}

const suppliesDirectory = '/sys/class/power_supply';

function supplyNames(directory: string): string[] {
  try {
    return readdirSync(directory).sort().slice(0, suppliesMax);
  } catch {
    return [];
  }
}

/** What the supplies below a directory of the kernel's tell; those of mice and the like are left out. */
export function powerOf(directory: string): Power {
  const supplies = supplyNames(directory).map((name) => {
    const told = (what: string): string => kernelText(`${directory}/${name}/${what}`).trim();
    return {
      ...{ kind: told('type'), online: told('online'), capacity: told('capacity') },
      scope: told('scope'),
      status: told('status'),
    };
  });
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  const [batteries, others] = [
    own.filter(({ kind }) => kind === 'Battery'),
    own.filter(({ kind }) => kind !== 'Battery'),
  ];
  const online = others.map((one) => one.online).filter((text) => text !== '');
  const charges = batteries.map(({ capacity }) => capacity).filter((text) => /^\d+$/.test(text));
  const isFed = batteries.some(({ status }) => status !== 'Discharging');
  return {
    ...(online.length > 0
      ? { external: online.some((text) => text !== '0') }
      : batteries.length > 0
        ? { external: isFed }
        : {}),
    ...(charges.length > 0 ? { battery: Math.min(...charges.map(Number)) } : {}),
  };
}

/** This machine's. */
export const nodeSurroundings: Surroundings = {
  leftText,
  interface: () => interfaceOut(kernelText('/proc/self/net/route'), kernelText('/proc/self/net/ipv6_route')),
  power: () => powerOf(suppliesDirectory),
};
