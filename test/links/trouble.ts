/** What can be wrong with a link beside that it is slow, loses and is cut: each kind decides of every packet what becomes of it. */
import type { Way } from './ledger.ts';
import { type End, flag, type Packet, protocol } from './packet.ts';

/** Whom a packet is for, or from, on shore. */
export type Service = 'controller' | 'mqtt' | 'names';

/** What is wrong, from the moment on at which an update could come. */
export type Trouble =
  /** Packets that are longer vanish, and nobody is told. */
  | { readonly kind: 'narrow'; readonly packetBytesMax: number }
  /** What was connected before is not any more, and no end is told. */
  | { readonly kind: 'half-open' }
  /** The device is heard and hears nothing, for so long. */
  | { readonly kind: 'deaf'; readonly forMs: number }
  /** A translator of addresses forgets who was silent for so long, and takes him for somebody else then. */
  | { readonly kind: 'forgetful'; readonly idleMs: number }
  /** Nothing comes through to that service, for so long. */
  | { readonly kind: 'closed'; readonly service: Service; readonly forMs: number }
  /** Somebody in between answers in the place of these services, for so long. */
  | {
      readonly kind: 'portal';
      readonly shows: PortalKind;
      readonly services: readonly Service[];
      readonly forMs: number;
    }
  /** The device's address is another one. */
  | { readonly kind: 'moved' };

/** What a portal shows in the place of the controller. */
export type PortalKind = 'own-certificate' | 'redirect' | 'status-511' | 'page';

/** Decides of one packet: changes its ends, or loses it. */
export type Meddle = (way: Way, packet: Packet, nowMs: number) => 'pass' | 'lost';

/** What meddling needs to know of the world. */
export interface Surroundings {
  /** Where the services are on shore. */
  readonly ends: Readonly<Record<Service, End>>;
  /** Who answers in their place. */
  readonly portal: End;
  /** When the trouble began. */
  readonly sinceMs: number;
}

/** The device's end of a packet, or the shore's. */
function endsOf(way: Way, packet: Packet): { readonly device: End; readonly shore: End } {
  return way === 'up'
    ? { device: packet.source, shore: packet.destination }
    : { device: packet.destination, shore: packet.source };
}

function isBeginning(way: Way, packet: Packet): boolean {
  return way === 'up' && (packet.protocol === protocol.udp || (packet.flags & (flag.syn | flag.ack)) === flag.syn);
}

/** Flows that began before it are lost. */
function halfOpen(): Meddle {
  const begun = new Set<string>();
  return (way, packet) => {
    const { device, shore } = endsOf(way, packet);
    const flow = `${device} ${shore}`;
    if (isBeginning(way, packet)) begun.add(flow);
    return begun.has(flow) ? 'pass' : 'lost';
  };
}

/** A flow of the device's, as those outside know it. */
interface Mapping {
  readonly outside: number;
  readonly lastMs: number;
}

const firstOutsidePort = 20_000;
const outsidePorts = 20_000;

/** Each flow has a port of its own outside, and another one when it was silent for too long. */
function forgetful(idleMs: number): Meddle {
  const mappings = new Map<End, Mapping>();
  const insides = new Map<number, End>();
  let given = 0;
  const outsideOf = (inside: End, nowMs: number): number => {
    const known = mappings.get(inside);
    const isKnown = known !== undefined && nowMs - known.lastMs < idleMs;
    const outside = isKnown ? known.outside : firstOutsidePort + (given++ % outsidePorts);
    if (known !== undefined && !isKnown) insides.delete(known.outside);
    mappings.set(inside, { outside, lastMs: nowMs });
    insides.set(outside, inside);
    return outside;
  };
  return (way, packet, nowMs) => {
    if (way === 'up') {
      const [address] = packet.source.split(':');
      packet.setSource(`${address}:${outsideOf(packet.source, nowMs)}`);
      return 'pass';
    }
    const inside = insides.get(Number(packet.destination.split(':')[1]));
    if (inside === undefined || nowMs - mappings.get(inside)!.lastMs >= idleMs) return 'lost';
    outsideOf(inside, nowMs);
    packet.setDestination(inside);
    return 'pass';
  };
}

/** Flows that begin in its time lead to the portal for as long as they last; those from before are lost in its time. */
function throughPortal(services: readonly Service[], forMs: number, { ends, portal, sinceMs }: Surroundings): Meddle {
  const covered = services.map((service) => ends[service]);
  const caught = new Map<End, End>();
  return (way, packet, nowMs) => {
    const { device, shore } = endsOf(way, packet);
    const isItsTime = nowMs - sinceMs < forMs;
    if (isBeginning(way, packet) && covered.includes(shore)) {
      if (isItsTime) caught.set(device, shore);
      else caught.delete(device);
    }
    const meant = caught.get(device);
    if (meant === undefined) return isItsTime && covered.includes(shore) ? 'lost' : 'pass';
    if (way === 'up') packet.setDestination(portal);
    else packet.setSource(meant);
    return 'pass';
  };
}

/** What becomes of packets in that trouble. */
export function meddleOf(trouble: Trouble, surroundings: Surroundings): Meddle {
  const { ends, sinceMs } = surroundings;
  switch (trouble.kind) {
    case 'narrow':
      return (_way, { bytes }) => (bytes > trouble.packetBytesMax ? 'lost' : 'pass');
    case 'half-open':
    case 'moved':
      return halfOpen();
    case 'deaf':
      return (way, _packet, nowMs) => (way === 'down' && nowMs - sinceMs < trouble.forMs ? 'lost' : 'pass');
    case 'forgetful':
      return forgetful(trouble.idleMs);
    case 'closed':
      return (way, packet, nowMs) =>
        endsOf(way, packet).shore === ends[trouble.service] && nowMs - sinceMs < trouble.forMs ? 'lost' : 'pass';
    case 'portal':
      return throughPortal(trouble.services, trouble.forMs, surroundings);
    default:
      return trouble satisfies never;
  }
}
