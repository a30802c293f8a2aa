/** Tells who asks on the networks that are named where the door of this device is, and says so once when it comes there. */
import { Allowance } from '../../../platform/allowance.ts';
import type { Clock, Lan, LanEnd, LanMember, LanPlace, Log, Random } from '../../../platform/ports.ts';
import { isBeside, mdnsGroup, placesOn } from './own-networks.ts';
import { readMessage } from './read-message.ts';
import { announcementOf, answerTo, type Door, type Telling, wantsItAlone } from './service.ts';

/** What it needs. */
export interface AnnouncerOptions {
  readonly lan: Lan;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly device: string;
  /** Where the door listens: on one network, or with 0.0.0.0 on all. */
  readonly host: string;
  readonly port: number;
  /** Names of interfaces, or their beginnings before *. */
  readonly interfaces: readonly string[];
}

/** Networks come and go, as a wireless one does. */
const lookMs = 60_000;

/** Something that is told to all may get lost, and is told once more. */
const announceMs = [0, 1_000] as const;

/** Several answer the same question: each a little later than it could. */
const answerMs = { least: 20, spread: 100 } as const;

/** Answers on one network: a site full of devices that ask at once is answered, and noise costs little. To all there is one a second. */
const paces = { alone: { atOnce: 32, everyMs: 250 }, all: { atOnce: 1, everyMs: 1_000 } } as const;

/** This device on one network. */
class Presence implements Disposable {
  readonly #options: AnnouncerOptions;
  readonly #place: LanPlace;
  readonly #door: Door;
  readonly #alone: Allowance;
  readonly #all: Allowance;
  readonly #due = new Set<Disposable>();
  #socket: LanMember | undefined;

  constructor(options: AnnouncerOptions, place: LanPlace) {
    const { clock, device, port } = options;
    this.#options = options;
    this.#place = place;
    this.#door = { device, port, address: place.address };
    this.#alone = new Allowance(clock, paces.alone);
    this.#all = new Allowance(clock, paces.all);
  }

  async begin(): Promise<void> {
    this.#socket = await this.#options.lan.join(this.#place, mdnsGroup, (bytes, from) => this.#hear(bytes, from));
    for (const afterMs of announceMs) this.#sendAfter(afterMs, announcementOf(this.#door), mdnsGroup);
  }

  /** Hears on, though its network went and came back. */
  stay(): void {
    this.#socket?.stay();
  }

  #hear(bytes: Uint8Array, from: LanEnd): void {
    if (!isBeside(this.#place, from.address) || this.#alone.waitMs() > 0) return;
    const message = readMessage(bytes);
    if (message === undefined) return;
    const telling = this.#tellingOf(from, message.id, wantsItAlone(message));
    const answer = answerTo(message, this.#door, telling);
    if (answer === undefined) return;
    const isToAll = telling.kind === 'all';
    if (isToAll && this.#all.waitMs() > 0) return;
    (isToAll ? this.#all : this.#alone).spend();
    const { least, spread } = answerMs;
    this.#sendAfter(least + spread * this.#options.random.fraction(), answer, isToAll ? mdnsGroup : from);
  }

  #tellingOf({ port }: LanEnd, id: number, isAlone: boolean): Telling {
    if (port !== mdnsGroup.port) return { kind: 'legacy', id };
    return { kind: isAlone ? 'alone' : 'all' };
  }

  #sendAfter(delayMs: number, bytes: Uint8Array, to: LanEnd): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#due.delete(timer);
      this.#socket?.send(bytes, to);
    });
    this.#due.add(timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#due) timer[Symbol.dispose]();
    this.#socket?.[Symbol.dispose]();
    this.#socket = undefined;
  }
}

function keyOf({ interface: name, address, netmask }: LanPlace): string {
  return `${name} ${address} ${netmask}`;
}

/** Keeps a device known on its networks, as they come and go. */
export class Announcer implements Disposable {
  readonly #options: AnnouncerOptions;
  readonly #present = new Map<string, Presence>();
  #trouble: string | undefined = 'it has not looked yet';
  #next: Disposable | undefined;
  #isStopped = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#look();
  }

  async #look(): Promise<void> {
    const { lan, clock, host, interfaces } = this.#options;
    const places = placesOn(await lan.places(), interfaces).filter(
      ({ address }) => host === '0.0.0.0' || host === address,
    );
    if (this.#isStopped) return;
    this.#leaveAllBut(new Set(places.map(keyOf)));
    const troubles = await Promise.all(places.map((place) => this.#enter(place)));
    const none =
      places.length === 0 ? `no network of ${interfaces.join(', ')} has ${host} as an address of its own` : undefined;
    this.#tell(none ?? troubles.find((one) => one !== undefined));
    if (!this.#isStopped) this.#next = clock.after(lookMs, () => void this.#look());
  }

  #leaveAllBut(keys: ReadonlySet<string>): void {
    for (const [key, presence] of this.#present) {
      if (keys.has(key)) continue;
      presence[Symbol.dispose]();
      this.#present.delete(key);
    }
  }

  /** What keeps it from that. */
  async #enter(place: LanPlace): Promise<string | undefined> {
    const key = keyOf(place);
    const present = this.#present.get(key);
    if (present !== undefined) {
      present.stay();
      return undefined;
    }
    const presence = new Presence(this.#options, place);
    try {
      await presence.begin();
    } catch (error) {
      return `${place.interface}: ${(error as Error).message}`;
    }
    if (this.#isStopped) presence[Symbol.dispose]();
    else this.#present.set(key, presence);
    return undefined;
  }

  /** Once for each trouble, and once when it is over. */
  #tell(trouble: string | undefined): void {
    const { log } = this.#options;
    const before = this.#trouble;
    this.#trouble = trouble;
    if (trouble === before) return;
    if (trouble !== undefined) log.write('warn', 'neighbours.unannounced', { why: trouble });
    else log.write('info', 'neighbours.announced', { networks: [...this.#present.keys()].join(', ') });
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#next?.[Symbol.dispose]();
    this.#leaveAllBut(new Set());
  }
}
