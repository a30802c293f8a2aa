/**
 * A rollout through the whole controller and real agents: a bad release that its canary gives up and that goes back, then a good one,
 * while the power of the controller and of devices goes in the middle and one device is dark. What rollouts promise is held against
 * what was signed and what the devices truly came to, and all that the simulation checks besides. The test run lives through one of
 * these lives; `FLEET_HUNT=1 npx ava FILE` through many.
 */
import test from 'ava';
import type { FleetRollout, RolloutStatus, StatusDocument } from '../../../schemas/generated/types.ts';
import { isHunt } from '../../hunt.ts';
import { converge } from '../converge.ts';
import type { SimDevice } from '../sim-device.ts';
import { goodLink, World } from '../world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const deviceCount = 6;

/** Over which a module takes some seconds. */
const slowLink = { ...goodLink, bytesPerSecond: 1_000 };

const waves = [{ name: 'canary', limit: 1, soak: '10m' }, { name: 'some', limit: 2 }, { name: 'rest' }] as const;
const rollout: FleetRollout = {
  waves: [...waves],
  gate: { patience: '2h' },
  budget: { groupBy: 'site', maxUnavailable: 2 },
  onFailure: 'revert',
};
const fleet = {
  ...{ apiVersion: 'fleet/v1alpha1', kind: 'Fleet', metadata: { name: 'ship' } },
  spec: {
    selector: { matchLabels: { kind: 'ship' } },
    applications: [{ name: 'gauge' }, { name: 'horn' }],
    ...{ rollout, probationSeconds: 30, darkAfterSeconds: 3600 },
  },
};
const files = new Map([['fleets/ship.yaml', new TextEncoder().encode(JSON.stringify(fleet))]]);

/** A deployment for a device, and which release of the gauge it names. */
interface Signed {
  readonly sequence: number;
  readonly gauge: string;
}

class Life {
  readonly world: World;
  /** By device, in order. */
  readonly #signed = new Map<string, Signed[]>();
  #shown: StatusDocument | undefined;

  constructor(seed: number) {
    this.world = new World(seed);
    const { checkers, controller, time, random } = this.world;
    const note = checkers.signed.bind(checkers);
    checkers.signed = (deployment) => {
      note(deployment);
      const { device, sequence, applications } = deployment;
      const before = this.signed(device).filter((one) => one.sequence < sequence);
      const gauge = applications.find(({ name }) => name === 'gauge')!.version;
      this.#signed.set(device, [...before, { sequence, gauge }]);
    };
    controller.onDown = () => {
      const fate = random.chance(0.5) ? () => random.fraction() : undefined;
      time.at(time.now, () => controller.settle(fate));
      time.at(time.now + 5_000, () => controller.start());
    };
  }

  get rollout(): RolloutStatus | undefined {
    return this.#shown?.fleets.find(({ name }) => name === 'ship')?.rollout;
  }

  signed(device: string): readonly Signed[] {
    return this.#signed.get(device) ?? [];
  }

  /** The index of its wave, as the controller shows it. */
  waveOf(device: string): number {
    const wave = this.#shown?.devices.find(({ name }) => name === device)?.wave;
    return waves.findIndex(({ name }) => name === wave);
  }

  async begin(): Promise<void> {
    const { world } = this;
    world.controller.start();
    for (let at = 0; at < deviceCount; at += 1) world.fleet.putDevice({ ...world.addDevice(at), kind: 'ship' });
    for (const device of world.devices.values()) {
      device.onDown = () => this.#bootLater(device);
      device.boot();
      device.link.quality = slowLink;
      device.link.set(true);
    }
    world.fleet.commit('begins', true, files);
    await this.until(({ state }) => state === 'done');
  }

  /** A release comes, which the controller finds within a minute. */
  release(version: string, fails: boolean): string {
    this.world.fleet.release('gauge', version, fails);
    const { id } = this.world.fleet.commit(version, true, files);
    return id;
  }

  /** Lets time pass until the rollout is so, and holds what it promises against what is so. */
  async until(isSo: (rollout: RolloutStatus) => boolean): Promise<void> {
    const endsAt = this.world.time.now + 6 * hourMs;
    do {
      await this.world.run(minuteMs / 2);
      await this.#look();
      if (this.world.time.now > endsAt) throw new Error(`it does not come to that: ${JSON.stringify(this.rollout)}`);
    } while (this.rollout === undefined || !isSo(this.rollout));
  }

  /** The first device of a wave, or a later one, that is on its way to a release, as soon as one is. */
  async onTheWay(version: string, wave: number): Promise<SimDevice> {
    for (let second = 1; second < 6 * 3600; second += 1) {
      await this.world.run(1_000);
      const device = this.#onTheWay(version, wave);
      if (device !== undefined) return device;
      if (second % 60 === 0) await this.#look();
    }
    throw new Error(`nobody is on its way to ${version}: ${JSON.stringify(this.rollout)}`);
  }

  #onTheWay(version: string, wave: number): SimDevice | undefined {
    return [...this.world.devices.values()].find((device) => {
      const { target, running, phase } = device.report() ?? {};
      const { sequence, gauge } = this.signed(device.name).at(-1) ?? {};
      const isTrying = phase !== 'active' && (target ?? running)?.sequence === sequence;
      return isTrying && gauge === version && this.waveOf(device.name) >= wave;
    });
  }

  /** The power goes, of a device amid what it writes and of the controller amid what that writes, and if they write nothing all the same. */
  cutPower(device: SimDevice): void {
    const { time, random, controller } = this.world;
    device.cutPowerAfter(random.integer(1, 8));
    controller.endAfter(random.chance(0.5) ? 'database' : 'disk', random.integer(1, 6));
    time.at(time.now + 20_000, () => {
      device.cutPower();
      controller.kill();
    });
  }

  async #look(): Promise<void> {
    await this.world.look();
    const shown = await this.world.controller.status();
    if (shown !== undefined) this.#check(shown);
  }

  #bootLater(device: SimDevice): void {
    const { time, random } = this.world;
    time.at(time.now, () => device.settle(() => random.fraction()));
    time.at(time.now + minuteMs, () => device.boot());
  }

  #check(shown: StatusDocument): void {
    this.#shown = shown;
    const bySite = Map.groupBy(this.world.fleet.devices.values(), ({ site }) => site);
    for (const [site, members] of bySite) {
      const away = members.filter(({ name }) => this.#isAway(name)).map(({ name }) => name);
      if (away.length > rollout.budget!.maxUnavailable)
        throw new Error(`${away.join(' and ')} of ${site} are on their way at once`);
    }
    for (const device of this.world.devices.keys()) this.#checkOffers(device);
  }

  /** Whether it was told of something that it is not through with, as it knows itself. */
  #isAway(device: string): boolean {
    const newest = this.signed(device).at(-1);
    const report = this.world.devices.get(device)!.report();
    if (newest === undefined || report === undefined) return false;
    return report.highestSequence < newest.sequence || report.target !== undefined || report.phase === 'probation';
  }

  #checkOffers(device: string): void {
    const versions = this.signed(device).map(({ gauge }) => gauge);
    for (const version of ['2.0.0', '3.0.0'])
      if (versions.filter((one) => one === version).length > 1)
        throw new Error(`${device} was offered ${version} twice`);
    const newest = this.world.fleet.commits.at(-1)!.subject;
    const isEarly = versions.at(-1) === newest && this.waveOf(device) > (this.rollout?.wave ?? 1) - 1;
    if (isEarly) throw new Error(`${device} was offered ${newest} before its wave`);
  }
}

const seeds = isHunt ? Array.from({ length: 12 }, (_, at) => at + 1) : [1];

for (const seed of seeds) {
  test.serial(
    `real agents go through a bad release and a good one, and the power goes in the middle, seed ${seed}`,
    async (t) => {
      const life = new Life(seed);
      const { world } = life;
      await life.begin();
      const late = [...world.devices.values()].find(({ name }) => life.waveOf(name) === 2)!;
      late.link.set(false);

      life.release('2.0.0', true);
      life.cutPower(await life.onTheWay('2.0.0', 0));
      await life.until(({ reason }) => reason.code === 'REVERTED');
      const tried = [...world.devices.keys()].filter((name) =>
        life.signed(name).some(({ gauge }) => gauge === '2.0.0'),
      );
      t.deepEqual(
        tried.map((name) => life.waveOf(name)),
        [0],
        'nobody but the canary was offered it',
      );

      const good = life.release('3.0.0', false);
      for (const wave of [1, 2]) life.cutPower(await life.onTheWay('3.0.0', wave));
      await life.until(({ state }) => state === 'done');
      late.link.set(true);
      await converge(world, good, minuteMs);
      t.true(world.trace.count('cut') >= 3 && world.trace.count('controller-start') >= 4);
    },
  );
}
