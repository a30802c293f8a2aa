/**
 * What goes wrong in a simulated world, and how often, until it ends.
 *
 *   devices      disks that somebody fills, or that flip a bit · power cuts at random moments and at random disk operations;
 *                what was not synced is lost, kept or torn, each by its own draw · agents killed, the disk's cache living
 *                on · couriers killed, also by what they unpack · processes of applications ended, by one of them or from
 *                outside, also while what runs in them is on probation · clocks that start wrong and jump, by decades too ·
 *                clocks that nothing feeds while the power is gone, and nobody sets · machines that
 *                break, and another with an empty disk and a new key takes their name (`fleet-life.ts`) · a copy of
 *                their disk, key and all, in a second machine
 *   links        up and down by a schedule for each site: always, days at sea, minutes a day · delay, little bandwidth,
 *                answers that break off, flipped bits · for hours nothing but HTTPS gets through
 *   controller   killed at random moments, at random disk operations, before or after random statements of its database;
 *                sometimes the machine's power or the whole database goes with it · a clock that drifts, and
 *                runs ahead by years for hours
 *                its state's disk is full for hours, or a write-set fails; its deployment key can't be used for hours;
 *                threads die that read git or make deltas, whenever they are begun, for hours
 *   broker       every session ends; it takes nothing from the controller for hours
 *   repository   not reachable for hours
 *   liar         see `liar.ts`
 *   sticks       see `carrier.ts`
 */

import type { SimRandom } from '../../platform/simulated/random.ts';
import { runClone } from './clones.ts';
import { type Fate, keepAll, loseAll } from './disk-crash.ts';
import { probationSeconds } from './fleet.ts';
import type { SimDevice } from './sim-device.ts';
import type { LinkQuality } from './sim-network.ts';
import { goodLink, type World } from './world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How a site's link comes and goes: mean times. */
interface ContactSchedule {
  readonly upMs: number;
  readonly downMs: number;
}

const schedules: readonly ContactSchedule[] = [
  { upMs: 5 * dayMs, downMs: hourMs },
  { upMs: 6 * hourMs, downMs: 2 * dayMs },
  { upMs: 15 * minuteMs, downMs: 8 * hourMs },
  { upMs: 2 * minuteMs, downMs: 20 * minuteMs },
];

/** Of the times that a link is up, so many have no way to the broker. */
const withoutBroker = 0.15;

const longestDownMs = 6 * dayMs;
/** In peace, whatever is off comes back within this time. */
const comebackMs = 10 * minuteMs;
const longestOffMs = 12 * hourMs;
const controllerDriftMs = 5 * minuteMs;
const years = 365 * dayMs;
/** Of the devices so many have nothing that feeds their clock. */
const withoutBattery = 0.25;

function drawFate(random: SimRandom): Fate {
  const draw = random.fraction();
  if (draw < 0.3) return loseAll;
  if (draw < 0.5) return keepAll;
  return () => random.fraction();
}

function drawQuality(random: SimRandom): LinkQuality {
  return {
    latencyMs: random.integer(20, 900),
    bytesPerSecond: random.integer(2_000, 200_000),
    cutProbability: random.chance(0.5) ? 0 : random.fraction() * 0.3,
    flipProbability: random.chance(0.5) ? 0 : random.fraction() * 0.05,
    cacheProbability: random.chance(0.5) ? 0 : random.fraction() * 0.2,
  };
}

/** An agent that runs for so long has looked at its disk twice, once at least with room to write. */
const mendedWithinMs = 49 * hourMs;

export class Faults {
  readonly #world: World;
  readonly #random: SimRandom;
  /** When a copy of something rotted, by device and by what both its files hold. */
  readonly #rotted = new Map<string, number>();
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.stream('faults');
  }

  /** Calls `work` again and again, `meanMs` apart on average, until the faults are over. */
  #every(meanMs: number, work: () => void, random = this.#random): void {
    const { time } = this.#world;
    time.at(time.now + random.exponential(meanMs), () => {
      if (this.#isOver) return;
      work();
      this.#every(meanMs, work, random);
    });
  }

  #later(ms: number, work: () => void): void {
    const { time } = this.#world;
    time.at(time.now + ms, work);
  }

  start(): void {
    const { controller, broker, repository, liar } = this.#world;
    controller.onDown = () => this.#restartController();
    this.#every(2 * dayMs, () => controller.kill());
    this.#every(dayMs, () => controller.endAfter('disk', this.#random.integer(0, 40)));
    this.#every(dayMs, () => controller.endAfter('database', this.#random.integer(0, 200)));
    this.#every(dayMs, () => {
      controller.skewMs = this.#random.integer(-controllerDriftMs, controllerDriftMs);
    });
    this.#every(8 * dayMs, () => this.#runAhead());
    this.#troubleShore();
    this.#every(3 * dayMs, () => broker.dropAll());
    this.#every(4 * dayMs, () => {
      repository.reachable = false;
      this.#later(this.#random.exponential(6 * hourMs), () => {
        repository.reachable = true;
      });
    });
    this.#every(2 * dayMs, () => {
      liar.probability = this.#random.pick([0, 0, 0.02, 0.1, 0.5]);
    });
  }

  /** What the controller meets and survives without a restart. */
  #troubleShore(): void {
    const { controller, broker, repository } = this.#world;
    const { stateFaults } = controller;
    const forHours = (meanMs: number, set: (isSo: boolean) => void) =>
      this.#every(meanMs, () => {
        set(true);
        this.#later(this.#random.exponential(hourMs), () => set(false));
      });
    forHours(3 * dayMs, (isFull) => {
      stateFaults.isFull = isFull;
    });
    forHours(3 * dayMs, (cannot) => {
      controller.cannotSign = cannot;
    });
    forHours(3 * dayMs, (isRefusing) => {
      broker.isRefusing = isRefusing;
    });
    forHours(2 * dayMs, (die) => {
      controller.threadDies = die;
      repository.threadDies = die;
    });
    this.#every(dayMs, () => {
      stateFaults.failures = this.#random.integer(1, 3);
    });
  }

  /** The controller's clock runs ahead by years for some hours. */
  #runAhead(): void {
    const { controller, trace } = this.#world;
    trace.write('ahead', 'controller');
    controller.skewMs = 10 * years;
    this.#later(this.#random.exponential(6 * hourMs), () => {
      controller.skewMs = 0;
    });
  }

  /** A site's link, and with it its devices' links, begins to come and go. */
  followSchedule(devices: readonly SimDevice[], random: SimRandom): void {
    const schedule = random.pick(schedules);
    const set = (up: boolean): void => {
      if (this.#isOver) return;
      for (const device of devices) {
        device.link.quality = drawQuality(random);
        device.link.set(up);
        device.link.block(random.chance(withoutBroker));
      }
      const mean = up ? schedule.upMs : schedule.downMs;
      this.#later(Math.min(longestDownMs, random.exponential(mean)), () => set(!up));
    };
    set(random.chance(0.7));
  }

  /** A device begins to have the troubles of its own. */
  trouble(device: SimDevice): void {
    const { random } = device;
    device.onDown = () => this.#restartDevice(device);
    if (random.chance(0.2)) device.skewMs = random.pick([-50 * years, -dayMs, 40 * minuteMs, years]);
    if (this.#hasNoBattery(device)) this.#loseTime(device);
    this.#every(6 * dayMs, () => device.cutPower(), random);
    this.#every(3 * dayMs, () => device.cutPowerAfter(random.integer(0, 60)), random);
    this.#every(6 * dayMs, () => device.kill(), random);
    this.#every(10 * dayMs, () => {
      if (this.#hasNoBattery(device)) return;
      device.skewMs = random.chance(0.5)
        ? 0
        : Math.floor((random.fraction() - 0.5) * 2 * random.pick([years, 30 * years]));
    });
    this.#every(12 * dayMs, () => this.#fill(device), random);
    device.courierMortality = random.pick([0, 0, 0.1, 0.5]);
    device.hostMortality = random.pick([0, 0.2, 0.6]);
    this.#every(2 * dayMs, () => this.#endHosts(device), random);
    if (random.chance(0.1)) this.#every(2 * dayMs, () => this.#rot(device), random);
    this.#every(20 * dayMs, () => runClone(this.#world, device, drawFate(random), random.integer(3, 8)), random);
    this.#every(2 * dayMs, () => this.#world.check(device.checkOffline(drawFate(random))), random);
  }

  /** One bit of one file of the agent's; the ledger rots in a test of its own. */
  #rot(device: SimDevice): void {
    const { name, random, disk } = device;
    const files = disk.allFiles().filter((path) => path.startsWith('/state/') && !path.startsWith('/state/ledger.'));
    if (files.length === 0) return;
    const path = random.pick(files);
    if (this.#isSpared(device, path)) return;
    this.#world.trace.write('rot', name, path);
    this.#world.checkers.rot(name);
    disk.flipBit(path, random.integer(0, 1_000_000));
  }

  /** The other one of two copies does not rot before the agent has had the time to mend the first. */
  #isSpared(device: SimDevice, path: string): boolean {
    const { now } = this.#world.time;
    const key = `${device.name} ${path.replace(/(\.copy)?\.json$|\.[ab]$/, '')}`;
    const rottedAt = this.#rotted.get(key);
    const hasTwin = !path.startsWith('/state/sha256/');
    const isSpared = rottedAt !== undefined && now - Math.max(rottedAt, device.bootedAt) < mendedWithinMs;
    if (hasTwin && !isSpared) this.#rotted.set(key, now);
    return hasTwin && isSpared;
  }

  /** One process, or several until it is known who does it; never so many in one probation that it may fail for them. */
  #endHosts(device: SimDevice): void {
    const { random } = device;
    const count = random.integer(1, 3);
    for (let n = 0, at = 0; n < count; n++, at += random.integer(probationSeconds * 1000, 300_000))
      this.#later(at, () => device.endHost());
  }

  /** Too little room for a module, or for anything at all, for some hours. */
  #fill(device: SimDevice): void {
    const { random, disk } = device;
    this.#world.trace.write('full', device.name);
    disk.leaveRoom(random.pick([0, 300, 5_000, 1_030_000]));
    this.#later(random.exponential(6 * hourMs), () => disk.leaveRoom(Number.POSITIVE_INFINITY));
  }

  #restartDevice(device: SimDevice): void {
    const { random } = device;
    // The program may have been killed in the middle of a disk operation, or the power may have gone.
    const isPower = random.chance(0.7);
    const fate = drawFate(random);
    this.#later(0, () => {
      if (isPower) device.settle(fate);
      else device.disk.restart();
      this.#world.check(device.checkOffline(isPower ? keepAll : fate));
    });
    const off = isPower && !this.#isOver ? Math.min(longestOffMs, random.exponential(hourMs)) : 3_000;
    this.#later(1 + off, () => {
      if (isPower && this.#hasNoBattery(device)) this.#loseTime(device);
      this.#boot(device);
    });
  }

  #hasNoBattery({ name }: SimDevice): boolean {
    return this.#world.random.stream(`the battery of ${name}`).chance(withoutBattery);
  }

  /** Its clock begins where clocks begin. */
  #loseTime(device: SimDevice): void {
    device.skewMs = -this.#world.time.now;
  }

  #boot(device: SimDevice): void {
    if (!device.alive) device.boot();
  }

  #restartController(): void {
    const { controller } = this.#world;
    const fate = this.#random.chance(0.4) ? drawFate(this.#random) : undefined;
    const isLost = this.#random.chance(0.05);
    this.#later(0, () => {
      controller.settle(fate);
      if (isLost) controller.loseDatabase();
    });
    const off = this.#isOver || this.#random.chance(0.6) ? 3_000 : this.#random.exponential(2 * hourMs);
    this.#later(1 + off, () => this.#startController());
  }

  #startController(): void {
    const { controller } = this.#world;
    if (!controller.alive) controller.start();
  }

  /** Somebody sets the clocks that ran ahead; those that nothing feeds stay where they are. */
  setClocks(): void {
    for (const device of this.#world.devices.values()) if (device.skewMs > 0) device.skewMs = 0;
  }

  /** From now on nothing goes wrong any more but clocks, and what is off comes back. */
  end(): void {
    const { controller, broker, repository, liar, devices } = this.#world;
    this.#isOver = true;
    controller.endAfter('disk', Number.POSITIVE_INFINITY);
    controller.endAfter('database', Number.POSITIVE_INFINITY);
    controller.skewMs = 0;
    Object.assign(controller.stateFaults, { isFull: false, failures: 0 });
    controller.cannotSign = false;
    broker.isRefusing = false;
    repository.reachable = true;
    controller.threadDies = false;
    repository.threadDies = false;
    liar.probability = 0;
    for (const device of devices.values()) {
      device.endClone();
      device.cutPowerAfter(Number.POSITIVE_INFINITY);
      if (!this.#hasNoBattery(device)) device.skewMs = device.random.chance(0.3) ? 24 * years : 0;
      device.courierMortality = 0;
      device.hostMortality = 0;
      device.disk.leaveRoom(Number.POSITIVE_INFINITY);
      device.link.quality = goodLink;
      device.link.set(true);
      device.link.block(false);
    }
    broker.dropAll();
    this.#later(1_000, () => this.#startController());
    for (const device of devices.values())
      this.#later(device.random.integer(1_000, comebackMs), () => this.#boot(device));
  }
}
