/** Datagrams on the networks of this machine. */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Lan, LanEnd, LanPlace, LanSocket, OnDatagram } from '../ports.ts';
import { kernelText } from './kernel-text.ts';

/** As RFC 6762 wants it: nobody farther away can have sent what arrives with that. */
const hopsMax = 255;

/** Any port: nothing is sent there. */
const discardPort = 9;

/** By what the system tells; undefined where it does not, as in a unit that allows no netlink. */
function toldPlaces(): readonly LanPlace[] | undefined {
  try {
    return Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list.flatMap(({ family, address, netmask }) =>
        family === 'IPv4' ? [{ interface: name, address, netmask }] : [],
      ),
    );
  } catch {
    return undefined;
  }
}

interface Route {
  readonly interface: string;
  readonly network: string;
  readonly netmask: string;
}

/** An address as the kernel prints one on most machines, with its bytes the other way round. */
function address4(hex: string): string {
  return (hex.match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

/** The networks without a gateway in the kernel's table of routes. */
function routesIn(table: string): readonly Route[] {
  return table.split('\n').flatMap((line) => {
    const [name, to = '', gateway, , , , , mask = ''] = line.split('\t');
    const isOfNeighbours = name !== undefined && gateway === '00000000' && mask !== '00000000';
    return isOfNeighbours ? [{ interface: name, network: address4(to), netmask: address4(mask) }] : [];
  });
}

/** The address of this machine from which it would send there; undefined where it would not. */
function ownAddressTowards(address: string): Promise<string | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    const end = (own: string | undefined): void => {
      resolve(own);
      socket.close();
    };
    socket.on('error', () => end(undefined));
    // A datagram socket sends nothing to be connected.
    socket.connect(discardPort, address, () => end(socket.address().address));
  });
}

/** By a table of routes, and by which address of its own this machine would take. */
export async function placesByRoutes(table: string): Promise<readonly LanPlace[]> {
  const places = await Promise.all(
    routesIn(table).map(async ({ interface: name, network, netmask }): Promise<readonly LanPlace[]> => {
      const first = network.replace(/\d+$/, (byte) => String(Number(byte) + 1));
      const address = await ownAddressTowards(first);
      return address === undefined ? [] : [{ interface: name, address, netmask }];
    }),
  );
  return places.flat();
}

function bound(socket: Socket, port: number, address: string, settle: () => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', refuse);
    socket.bind({ port, address }, () => {
      try {
        settle();
        socket.off('error', refuse);
        // What does not go is lost; what is gone for good is seen when nothing is heard.
        socket.on('error', () => {});
        resolve(socket);
      } catch (error) {
        refuse(error as Error);
      }
    });
  });
}

function sending(socket: Socket): LanSocket {
  return {
    send: (bytes, { address, port }) => {
      // Anybody can send from port 0, where nobody is: the system has no words for a datagram there, and Node throws.
      if (port > 0) socket.send(bytes, port, address, () => {});
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

function heardBy(socket: Socket, onDatagram: OnDatagram): void {
  socket.on('message', (bytes, { address, port }) => onDatagram(bytes, { address, port }));
}

function enter(socket: Socket, group: LanEnd, address: string): void {
  socket.addMembership(group.address, address);
  socket.setMulticastInterface(address);
}

/** The system refuses who is a member already, and where the network is not there: neither is to be mended here. */
function enterAgain(socket: Socket, group: LanEnd, address: string): void {
  try {
    enter(socket, group, address);
  } catch {}
}

/** This machine's. */
export const nodeLan: Lan = {
  places: async () => toldPlaces() ?? placesByRoutes(kernelText('/proc/self/net/route')),
  join: async ({ address }, group, onDatagram) => {
    // Other programs of this machine may be in the group too.
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    await bound(socket, group.port, '0.0.0.0', () => {
      enter(socket, group, address);
      socket.setMulticastTTL(hopsMax);
      socket.setTTL(hopsMax);
    });
    heardBy(socket, onDatagram);
    return { ...sending(socket), stay: () => enterAgain(socket, group, address) };
  },
  open: async ({ address }, onDatagram) => {
    const socket = createSocket('udp4');
    await bound(socket, 0, address, () => {
      socket.setMulticastInterface(address);
      socket.setMulticastTTL(hopsMax);
    });
    heardBy(socket, onDatagram);
    return sending(socket);
  },
};
