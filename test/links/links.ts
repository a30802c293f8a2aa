/** The links that agents are held against: what each does, what is to come over it, and for how long it is waited for. */
import type { Lane } from './lane.ts';

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
  readonly packetBytesMax?: number;
  /** Bytes that nothing makes smaller in the new release. */
  readonly freshBytes: number;
  readonly waitMs: number;
}

const second = 1_000;
const minute = 60_000;
const kbit = 125;
const quick: Lane = { delayMs: 20, lostShare: 0, bytesPerSecond: 10_000 * kbit, queueMs: second };
const slow: Lane = { ...quick, delayMs: 100 };

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
    lane: { ...slow, bytesPerSecond: 64 * kbit },
    contacts: { upMs: 30 * second, darkMs: 30 * second },
    isPower: true,
    ...{ freshBytes: 307_000, waitMs: 20 * minute },
  },
  {
    name: 'mtu-1200',
    says: 'packets of more than 1,200 bytes vanish',
    lane: quick,
    isNew: true,
    packetBytesMax: 1_200,
    ...{ freshBytes: 100_000, waitMs: 10 * minute },
  },
];
