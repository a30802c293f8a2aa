/** Looks for doors of neighbours on the networks that are named, once. */
import type { Clock, Lan, LanPlace, Random } from '../../../platform/ports.ts';
import { isBeside, mdnsGroup, placesOn } from './own-networks.ts';
import { readMessage } from './read-message.ts';
import { doorsIn, questionForDoors } from './service.ts';

/** By what is looked. */
export interface SearchOptions {
  readonly lan: Lan;
  readonly clock: Clock;
  readonly random: Random;
  /** This device, which looks for others. */
  readonly device: string;
  /** Names of interfaces, or their beginnings before *. */
  readonly interfaces: readonly string[];
}

/** A question may get lost, and is asked once more; who answers does so within a fraction of a second. */
const askAgainMs = 300;
const searchMs = 900;

/** Datagrams that are read in one search, those of one source, and sources that are noted: beyond them somebody makes noise. */
const datagramsMax = 256;
const datagramsPerSourceMax = 4;
const sourcesMax = 64;

/** Of those that are found, so many are asked. */
const foundMax = 16;

/** What was heard: of each source one door, the one that it told of last. */
class Heard {
  readonly #device: string;
  readonly #id: number;
  readonly #ports = new Map<string, number>();
  readonly #heardOf = new Map<string, number>();
  #left = datagramsMax;

  constructor(device: string, id: number) {
    this.#device = device;
    this.#id = id;
  }

  hear(bytes: Uint8Array, address: string): void {
    const ofSource = this.#heardOf.get(address) ?? 0;
    // One that makes noise leaves the others heard.
    if (this.#left === 0 || ofSource === datagramsPerSourceMax) return;
    this.#left -= 1;
    this.#heardOf.set(address, ofSource + 1);
    const message = readMessage(bytes);
    const door = message && doorsIn(message, this.#id).find(({ device }) => device !== this.#device);
    if (door === undefined || (this.#ports.size >= sourcesMax && !this.#ports.has(address))) return;
    this.#ports.set(address, door.port);
  }

  addresses(): readonly string[] {
    return [...this.#ports].map(([address, port]) => `${address}:${port}`);
  }
}

/** Some of many, each as likely as the others: who answers for many in a hurry does not keep out who is honest. */
function drawn(all: readonly string[], random: Random): readonly string[] {
  return all
    .map((one) => ({ one, lot: random.fraction() }))
    .toSorted((a, b) => a.lot - b.lot)
    .slice(0, foundMax)
    .map(({ one }) => one);
}

async function askOn(
  place: LanPlace,
  heard: Heard,
  question: Uint8Array,
  { lan, clock }: SearchOptions,
  signal: AbortSignal,
) {
  using socket = await lan.open(place, (bytes, from) => {
    if (isBeside(place, from.address)) heard.hear(bytes, from.address);
  });
  for (const waitMs of [askAgainMs, searchMs - askAgainMs]) {
    socket.send(question, mdnsGroup);
    await clock.sleep(waitMs, signal);
  }
}

/**
 * Addresses as HOST:PORT of devices that say they have a door, each the very address that said so. They are no more than somewhere to
 * ask: who is there shows a certificate. Never rejects; where nothing can be asked nobody is found.
 */
export async function searchNeighbours(options: SearchOptions, signal: AbortSignal): Promise<readonly string[]> {
  const { lan, random, device, interfaces } = options;
  const [high, low] = random.bytes(2);
  const id = (high! << 8) | low!;
  const heard = new Heard(device, id);
  const places = placesOn(await lan.places(), interfaces);
  await Promise.allSettled(places.map((place) => askOn(place, heard, questionForDoors(id), options, signal)));
  return drawn(heard.addresses(), random);
}
