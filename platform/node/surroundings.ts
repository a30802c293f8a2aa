/** What this machine knows of its own situation, read from files. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import type { LeftText, Power, Surroundings } from '../ports.ts';
import { ownInterfacesOut } from './default-routes.ts';
import { kernelText } from './kernel-text.ts';
import { canMakeSockets } from './made-socket.ts';

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
  interface: () => ownInterfacesOut()[0],
  interfaces: () => ownInterfacesOut().slice(0, canMakeSockets() ? undefined : 1),
  power: () => powerOf(suppliesDirectory),
};
