/**
 * A site whose devices know each other, on links that are dear. Update after update comes to it, and with each another weather:
 *
 *   link    thin, and up · up for less than a minute every ten · gone for a day in the middle of a fetch; that of the whole site
 *   lan     whole · cut again and again · slow
 *   liars   none · one or two (`lying-neighbour.ts`); couriers die beside them
 *   power   stays · goes from who is in the middle of a fetch
 *
 * Whatever the weather: a device has its module once its link was up for as long as a fetch takes, and for as long as others may hold it
 * up; they have it write no more than some copies of the module; and what lies in its store is what its name says. Where the network of
 * the site is whole and nobody lies: a module came over the links once, and once more for each time that somebody lost its power.
 */

import type { SimRandom } from '../../platform/simulated/random.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { loseAll } from './disk-crash.ts';
import { drawManner, lyingNeighbour } from './lying-neighbour.ts';
import type { SimDevice } from './sim-device.ts';
import { addressOf, SimLan } from './sim-lan.ts';
import type { SimContact } from './sim-line.ts';
import { goodLink, World } from './world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What comes with one update. */
export interface Weather {
  readonly link: 'up' | 'windows' | 'dark';
  readonly lan: 'whole' | 'cut' | 'slow';
  readonly liars: number;
  readonly power: 'stays' | 'goes';
}

/** How long a link is up, and then gone, again and again. */
const shapes: Readonly<Record<Weather['link'], { readonly upMs: number; readonly downMs: number }>> = {
  up: { upMs: 5 * minuteMs, downMs: 0 },
  windows: { upMs: 45_000, downMs: 9 * minuteMs },
  dark: { upMs: 30 * minuteMs, downMs: 12 * hourMs },
};

/** Draws one. */
export function drawWeather(random: SimRandom): Weather {
  return {
    link: random.pick(['up', 'windows', 'dark']),
    lan: random.pick(['whole', 'whole', 'cut', 'slow']),
    liars: random.pick([0, 0, 1, 2]),
    power: random.pick(['stays', 'stays', 'goes']),
  };
}

/** Their couriers ask for news too, besides fetching. */
const stay: SimContact = { mode: 'stay', intervalSeconds: 3 * 3600 };

const lookMs = 5_000;
const powerCutsMax = 4;

/** Of an update that all have, what surrounds it travels too, and a part of what a power cut took. */
const slackBytes = 8 * 1024;

/** How long others may hold a module up, besides what it takes at these paces, and how many copies of it they may have written. */
const waitsMsMax = 12 * minuteMs;
const waitBytesPerSecond = 4 * 1024;
const takesMax = 8;
const takeMsMax = 30_000;
const takeBytesPerSecond = 16 * 1024;

/** Until something of a module comes over a link that is back, or to an agent that was started. */
const windowMsMax = 25_000;
const startMsMax = 3 * minuteMs;

function pathOf(sha256: string): string {
  return `/state/sha256/${sha256}`;
}

function has({ disk }: SimDevice, sha256: string): boolean {
  return disk.stat(pathOf(sha256)) !== undefined;
}

/** One site, from update to update. */
export class LanLife {
  readonly world: World;
  readonly #random: SimRandom;
  readonly #lan = new SimLan();
  readonly #devices: readonly SimDevice[];
  readonly #liars: string[] = [];
  /** By device, the deployment that it had before the update, for how long its link was up since, and what neighbours made it write. */
  readonly #before = new Map<SimDevice, number>();
  readonly #openMs = new Map<SimDevice, number>();
  readonly #wrote = new Map<SimDevice, number>();
  #updates = 0;
  #windows = 0;

  constructor(seed: number, deviceCount: number, updates: number) {
    this.world = new World(seed);
    this.#random = this.world.random.stream('lan');
    const { fleet, controller } = this.world;
    const names = Array.from({ length: deviceCount }, (_, at) => `device-${at}`);
    const liars = Array.from({ length: 2 * updates }, (_, at) => `liar-${at}`);
    const beside = { lan: this.#lan, known: [...names, ...liars].map(addressOf) };
    controller.start();
    for (const at of names.keys()) fleet.putDevice({ ...this.world.addDevice(at, stay, beside), kind: 'ship' });
    this.#devices = [...this.world.devices.values()];
    for (const device of this.#devices) {
      device.disk.onWrite = (path, bytes) => this.#writes(device, path, bytes);
      device.boot();
    }
  }

  #writes(device: SimDevice, path: string, bytes: number): void {
    if (path.includes('/partial/neighbours/')) this.#wrote.set(device, (this.#wrote.get(device) ?? 0) + bytes);
  }

  /** All have what is wanted first. */
  async begin(): Promise<void> {
    this.world.fleet.commit('first');
    await this.world.run(15 * minuteMs);
  }

  /** An update comes, and this weather with it; throws the first `Violation`. */
  async update(weather: Weather): Promise<void> {
    const { fleet, trace } = this.world;
    this.#updates += 1;
    const version = `${this.#updates + 1}.0.0`;
    trace.write('update', version, JSON.stringify(weather));
    this.#settle(weather);
    fleet.release('gauge', version, false, 90_000, 60_000);
    const wanted = fleet.commit(version).devices.get(this.#devices[0]!.name)!;
    const { sha256 } = wanted.find(({ name }) => name === 'gauge')!;
    await this.#pass(weather, sha256);
    this.#checkDear(weather);
    await this.#calm(version);
  }

  #settle({ lan, liars, power }: Weather): void {
    const { links } = this.world.checkers;
    links.blobBytes.clear();
    links.ends = 0;
    this.#windows = 0;
    this.#lan.bytesPerSecond = lan === 'slow' ? 24_000 : 1_000_000;
    const bytesPerSecond = this.#random.integer(600, 1_500);
    for (const device of this.#devices) {
      device.link.quality = { ...goodLink, bytesPerSecond };
      device.courierMortality = liars > 0 && power === 'goes' ? 0.1 : 0;
      this.#before.set(device, device.report()?.highestSequence ?? 0);
      this.#openMs.set(device, 0);
      this.#wrote.set(device, 0);
    }
    for (let at = 0; at < liars; at += 1) this.#enter(`liar-${2 * (this.#updates - 1) + at}`);
  }

  #enter(liar: string): void {
    const { trace, time } = this.world;
    const manner = drawManner(this.#random);
    trace.write('liar', liar, `${manner.says}; ${manner.gives}`);
    const truthOf = (sha256: string) => this.#truth(sha256);
    const handler = lyingNeighbour(manner, this.#random, time.clock({ alive: true }), truthOf);
    this.#lan.devices.set(addressOf(liar), { device: liar, handler });
    this.#liars.push(liar);
  }

  /** What the shore's store has under a digest. */
  #truth(sha256: string): Uint8Array | undefined {
    const { disk } = this.world.controller;
    const path = `/artifacts/sha256/${sha256}`;
    return disk.stat(path) === undefined ? undefined : disk.readFile(path);
  }

  async #pass(weather: Weather, sha256: string): Promise<void> {
    const { upMs, downMs } = shapes[weather.link];
    // Where links go, they go in the middle of the first fetch.
    let stayMs = downMs === 0 ? upMs : this.#random.integer(70_000, 150_000);
    while (!this.#devices.every((device) => has(device, sha256))) {
      this.#setLinks(true);
      for (let ms = 0; ms < stayMs; ms += lookMs) await this.#look(weather, sha256);
      stayMs = upMs;
      if (downMs === 0) continue;
      this.#windows += 1;
      this.#setLinks(false);
      await this.world.run(downMs);
    }
  }

  #setLinks(up: boolean): void {
    for (const { link } of this.#devices) link.set(up);
  }

  /** A moment with the link up, and what may go wrong in it. */
  async #look({ lan, power }: Weather, sha256: string): Promise<void> {
    if (lan === 'cut' && this.#random.chance(0.05)) this.#lan.cut(this.#random.chance(0.5));
    if (power === 'goes') for (const device of this.#devices) this.#mayLosePower(device);
    await this.world.run(lookMs);
    const bytes = this.#truth(sha256)?.length;
    if (bytes === undefined) return;
    for (const device of this.#devices) {
      this.#checkFlash(device, bytes);
      if (!has(device, sha256)) this.#checkWait(device, bytes);
    }
  }

  #mayLosePower(device: SimDevice): void {
    const { checkers, time } = this.world;
    const isFetching = device.report()?.progress !== undefined;
    if (!isFetching || checkers.links.ends >= powerCutsMax || !this.#random.chance(0.1)) return;
    device.cutPower();
    device.settle(this.#random.chance(0.5) ? loseAll : () => this.#random.fraction());
    time.at(time.now + this.#random.integer(1_000, 5 * minuteMs), () => device.boot());
  }

  /** Its link was up for a moment more, and it lacks the module. */
  #checkWait(device: SimDevice, bytes: number): void {
    const { links } = this.world.checkers;
    const { highestSequence } = device.report() ?? {};
    if (highestSequence === undefined || highestSequence === this.#before.get(device)) return;
    const openMs = this.#openMs.get(device)! + lookMs;
    this.#openMs.set(device, openMs);
    const pace = (bytesPerSecond: number): number => (bytes / bytesPerSecond) * 1000;
    const heldUpMs = waitsMsMax + pace(waitBytesPerSecond) + takesMax * (takeMsMax + pace(takeBytesPerSecond));
    const fetchMs = 1.5 * pace(device.link.quality.bytesPerSecond);
    const most = heldUpMs + fetchMs + this.#windows * windowMsMax + (links.ends + 1) * startMsMax;
    if (openMs > most) this.#fail(`${device.name} lacks its module though its link was up for ${openMs} ms of ${most}`);
  }

  #checkFlash(device: SimDevice, bytes: number): void {
    const wrote = this.#wrote.get(device)!;
    // What is noted of a download under way is written beside it.
    if (wrote > 1.05 * (takesMax + 1) * bytes)
      this.#fail(`neighbours made ${device.name} write ${wrote} bytes for a module of ${bytes}`);
  }

  #checkDear({ lan, liars }: Weather): void {
    if (lan === 'cut' || liars > 0) return;
    const { blobBytes, ends } = this.world.checkers.links;
    const bytes = [...blobBytes.values()].reduce((sum, one) => sum + one, 0);
    const form = Math.max(...[...blobBytes.keys()].map((sha256) => this.#truth(sha256)!.length));
    if (bytes > (ends + 1) * (form + slackBytes))
      this.#fail(`a module of ${form} bytes took ${bytes} of the links of a site, on which ${ends} agents ended`);
  }

  /** Nothing is wrong any more: all run what they are to run. */
  async #calm(version: string): Promise<void> {
    this.#lan.cut(false);
    this.#setLinks(true);
    for (const liar of this.#liars.splice(0)) this.#lan.devices.delete(addressOf(liar));
    await this.world.run(hourMs);
    for (const device of this.#devices) {
      this.#checkStore(device);
      if (!device.applied.some((one) => one.name === 'gauge' && one.version === version))
        this.#fail(`${device.name} does not run gauge ${version}`);
    }
  }

  #checkStore({ disk, name }: SimDevice): void {
    for (const sha256 of disk.list('/state/sha256').filter((file) => /^[0-9a-f]{64}$/.test(file))) {
      const digest = sha256Hex(disk.readFile(pathOf(sha256)));
      if (digest !== sha256) this.#fail(`${name} has something else under ${sha256}`);
    }
  }

  #fail(sentence: string): void {
    this.world.checkers.fail(sentence);
    this.world.checkers.look();
  }
}
