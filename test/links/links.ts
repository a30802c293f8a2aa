/** The links that agents are held against: what each does, what is to come over it, and for how long it is waited for. */
import type { Lane } from './lane.ts';
import type { PortalKind, Service, Trouble } from './trouble.ts';

/** When a link is up. */
export interface Contacts {
  readonly upMs: number;
  readonly darkMs: number;
}

/** A link, and the update that is to come over it. */
export interface Link {
  readonly name: string;
  /** For people. */
  readonly says: string;
  readonly lane: Lane;
  /** Always up, where there are none. */
  readonly contacts?: Contacts;
  /** Whether the device has power only while the link is up. */
  readonly isPower?: true;
  /** Whether the device starts anew on it: what it held of better times is gone. */
  readonly isNew?: true;
  readonly trouble?: Trouble;
  /** Whether both machines look for packets that come through where long ones do not (`net.ipv4.tcp_mtu_probing`). */
  readonly isProbing?: true;
  /** Whether the device knows the shore by its name, not by its address. */
  readonly isByName?: true;
  /** Bytes that nothing makes smaller in the new release. */
  readonly freshBytes: number;
  readonly waitMs: number;
}

const second = 1_000;
const minute = 60_000;
const kbit = 125;
const quick: Lane = { delayMs: 20, lostShare: 0, bytesPerSecond: 10_000 * kbit, queueMs: second };
const slow: Lane = { ...quick, delayMs: 100 };

const ever = 24 * 60 * minute;

/** A quick link in trouble. */
function inTrouble(trouble: Trouble): Pick<Link, 'lane' | 'trouble' | 'freshBytes' | 'waitMs'> {
  return { lane: quick, trouble, freshBytes: 100_000, waitMs: 15 * minute };
}

function portal(shows: PortalKind, services: readonly Service[]) {
  return inTrouble({ kind: 'portal', shows, services, forMs: 3 * minute });
}

/** All of them. */
export const links: readonly Link[] = [
  { name: 'clean', says: '40 ms there and back, 10 Mbit/s', lane: quick, freshBytes: 300_000, waitMs: minute },
  {
    name: 'satellite',
    says: '600 ms there and back, 1 % lost, 256 kbit/s, cut for 30 s of every 120 s',
    lane: { delayMs: 300, lostShare: 0.01, bytesPerSecond: 256 * kbit, queueMs: 2 * second },
    contacts: { upMs: 90 * second, darkMs: 30 * second },
    ...{ freshBytes: 300_000, waitMs: 20 * minute },
  },
  {
    name: 'window',
    says: '20 s every 10 min, 256 kbit/s',
    lane: { ...slow, bytesPerSecond: 256 * kbit },
    contacts: { upMs: 20 * second, darkMs: 580 * second },
    ...{ freshBytes: 200_000, waitMs: 65 * minute },
  },
  {
    name: 'power-on',
    says: '64 kbit/s, and the device has power for 30 s a minute',
    lane: { ...slow, bytesPerSecond: 64 * kbit, queueMs: 4 * second },
    contacts: { upMs: 30 * second, darkMs: 30 * second },
    isPower: true,
    ...{ freshBytes: 307_000, waitMs: 20 * minute },
  },
  {
    name: 'mtu-1200',
    says: 'packets of more than 1,200 bytes vanish; the agent has just started',
    ...inTrouble({ kind: 'narrow', packetBytesMax: 1_200 }),
    isNew: true,
  },
  {
    name: 'mtu-1200-probed',
    says: 'the same between machines that look for packets that come through (net.ipv4.tcp_mtu_probing=1)',
    ...inTrouble({ kind: 'narrow', packetBytesMax: 1_200 }),
    isNew: true,
    isProbing: true,
  },
  {
    name: 'nat',
    says: 'LTE behind a translator of addresses that forgets who says nothing for 60 s',
    ...inTrouble({ kind: 'forgetful', idleMs: minute }),
    lane: { delayMs: 40, lostShare: 0.002, bytesPerSecond: 2_000 * kbit, queueMs: second },
    contacts: { upMs: 60 * minute, darkMs: 90 * second },
    waitMs: 40 * minute,
  },
  {
    name: 'half-open',
    says: 'every connection from before is dead, and no end is told',
    ...inTrouble({ kind: 'half-open' }),
    waitMs: 40 * minute,
  },
  {
    name: 'one-way',
    says: 'the device is heard and hears nothing, for 2 min',
    ...inTrouble({ kind: 'deaf', forMs: 2 * minute }),
  },
  {
    name: 'no-mqtt',
    says: 'only HTTPS comes through; the agent has just started',
    ...inTrouble({ kind: 'closed', service: 'mqtt', forMs: ever }),
    isNew: true,
    waitMs: 5 * minute,
  },
  {
    name: 'no-https',
    says: 'only MQTT comes through, for 3 min',
    ...inTrouble({ kind: 'closed', service: 'controller', forMs: 3 * minute }),
  },
  {
    name: 'no-names',
    says: 'no name is looked up, for 3 min; the agent has just started',
    ...inTrouble({ kind: 'closed', service: 'names', forMs: 3 * minute }),
    isNew: true,
    isByName: true,
  },
  {
    name: 'new-address',
    says: "the device's address is another one",
    ...inTrouble({ kind: 'moved' }),
    waitMs: 40 * minute,
  },
  {
    name: 'portal-certificate',
    says: 'a portal with a certificate of its own before all that is said, for 3 min; the agent has just started',
    ...portal('own-certificate', ['controller', 'mqtt']),
    isNew: true,
  },
  {
    name: 'portal-302',
    says: 'a portal that redirects in plain HTTP all that is said, for 3 min; the agent has just started',
    ...portal('redirect', ['controller', 'mqtt']),
    isNew: true,
  },
  {
    name: 'portal-511',
    says: 'a portal that answers 511 before HTTPS, in a certificate that is believed, for 3 min',
    ...portal('status-511', ['controller']),
  },
  {
    name: 'portal-page',
    says: 'a portal that answers a page before HTTPS, in a certificate that is believed, for 3 min',
    ...portal('page', ['controller']),
  },
];
