/** What those who connect to a TLS server may have of it by what they have shown of themselves: nothing yet, or a certificate that counts. */
import type { Socket } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { commonNameOf } from '../../schemas/certificate-identity.ts';

/** Connections at the same time. */
export interface HolderBounds {
  /** All of those that have shown no certificate that counts: an address costs nothing on a network that somebody is on. */
  readonly unprovenMax: number;
  /** Of one name in certificates, from whatever addresses. */
  readonly perNameMax: number;
}

/** Ends the one that is there for longest where there are too many. */
function keepFew<Held extends Socket>(open: Set<Held>, one: Held, most: number): void {
  open.add(one);
  const [oldest] = open;
  if (open.size > most) oldest?.destroy();
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Puts bounds on who connects; where there are too many of a kind, the newest takes the place of the oldest. */
export function boundHolders(server: TlsServer, { unprovenMax, perNameMax }: HolderBounds): void {
  const unproven = new Set<Socket>();
  const byPlace = new Map<string, Socket>();
  const byName = new Map<string, Set<TLSSocket>>();
  server.on('connection', (socket) => {
    const place = placeOf(socket);
    byPlace.set(place, socket);
    socket.once('close', () => {
      unproven.delete(socket);
      if (byPlace.get(place) === socket) byPlace.delete(place);
    });
    keepFew(unproven, socket, unprovenMax);
  });
  server.on('secureConnection', (socket) => {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    if (certificate === undefined) return;
    const name = commonNameOf(certificate) ?? '';
    const own = byName.get(name) ?? new Set();
    byName.set(name, own);
    unproven.delete(byPlace.get(placeOf(socket)) as Socket);
    socket.once('close', () => {
      own.delete(socket);
      if (own.size === 0 && byName.get(name) === own) byName.delete(name);
    });
    keepFew(own, socket, perNameMax);
  });
}
