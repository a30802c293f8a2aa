/** The simulated world put together: one fleet, one controller, many devices, one time. */

import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { Checkers } from './checkers.ts';
import { type DeviceManifest, SimFleet } from './fleet.ts';
import { Liar } from './liar.ts';
import { SimBroker } from './sim-bus.ts';
import { SimAuthority } from './sim-certificates.ts';
import { SimController } from './sim-controller.ts';
import { SimDevice } from './sim-device.ts';
import type { Beside } from './sim-lan.ts';
import type { SimContact } from './sim-line.ts';
import type { LinkQuality } from './sim-network.ts';
import { SimRepository } from './sim-repository.ts';
import { Trace } from './trace.ts';

const startMs = Date.parse('2026-03-01T00:00:00Z');

/** A link that does nothing wrong. */
export const goodLink: LinkQuality = {
  latencyMs: 50,
  bytesPerSecond: 1_000_000,
  cutProbability: 0,
  flipProbability: 0,
  cacheProbability: 0,
};

const bySession: SimContact = { mode: 'session', intervalSeconds: 3 * 3600 };

/** Devices on one site share its fate. */
const devicesPerSite = 3;

export class World {
  readonly random: SimRandom;
  readonly time = new SimTime(startMs);
  readonly trace = new Trace(() => this.time.now);
  readonly repository = new SimRepository();
  readonly broker = new SimBroker(this.time);
  readonly fleet: SimFleet;
  readonly checkers: Checkers;
  readonly controller: SimController;
  readonly devices = new Map<string, SimDevice>();
  readonly liar: Liar;
  readonly authority = new SimAuthority(() => this.time.now + this.controller.skewMs);
  #checks: (() => Promise<void>)[] = [];

  constructor(seed: number) {
    const { time, trace, broker } = this;
    this.random = new SimRandom(seed);
    this.fleet = new SimFleet(this.repository, this.random.stream('fleet'), () => time.now);
    this.checkers = new Checkers(this.fleet, broker, () => time.now);
    const { fleet, checkers, authority } = this;
    const fingerprintOf = (device: string): string => this.devices.get(device)!.keyFingerprint;
    this.controller = new SimController({ time, trace, broker, fleet, checkers, fingerprintOf, authority });
    this.liar = new Liar(this.random.stream('liar'), trace);
    broker.tamper = (device, message) => this.liar.message(device, message);
  }

  /** A new device, off and without a link, that git does not name yet. */
  addDevice(index: number, contact = bySession, beside?: Beside): DeviceManifest {
    const name = `device-${index}`;
    const random = this.random.stream(name);
    const server = (device: string) => this.liar.server(device, this.controller.server);
    const { time, trace, checkers, broker, fleet, authority } = this;
    const device = new SimDevice({ time, trace, checkers, broker, authority, server }, name, random, {
      ...{ quality: goodLink, bornRoot: fleet.bornRoot, contact },
      ...(beside && { beside }),
    });
    this.devices.set(name, device);
    // No fleet without a device.
    const kind = index % 2 === 0 || random.chance(0.3) ? 'ship' : 'truck';
    const site = `site-${Math.floor(index / devicesPerSite)}`;
    return { name, site, kind, keyFingerprint: device.keyFingerprint, setting: 1 };
  }

  /** Holds what an operator sees against what is so. */
  async look(): Promise<void> {
    const status = await this.controller.status();
    if (status !== undefined) this.checkers.status(status, !this.controller.stateFaults.isFull);
    this.checkers.look();
  }

  /** Is done when everything has settled, before time goes on. */
  check(work: () => Promise<void>): void {
    this.#checks.push(work);
  }

  readonly #afterEach = (): Promise<void> | undefined => {
    this.checkers.look();
    return this.#checks.length === 0 ? undefined : this.#runChecks();
  };

  async #runChecks(): Promise<void> {
    const checks = this.#checks;
    this.#checks = [];
    for (const check of checks) await check();
    this.checkers.look();
  }

  /** Lets time pass; throws the first `Violation`. */
  run(ms: number): Promise<void> {
    return this.time.runUntil(this.time.now + ms, this.#afterEach);
  }
}
