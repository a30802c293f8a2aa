/** What the fleet's engineers do all month: releases, configuration, devices that come and go, and their mistakes. */

import type { SimRandom } from '../../platform/simulated/random.ts';
import type { DeviceManifest } from './fleet.ts';
import type { World } from './world.ts';

const commitMeanMs = 12 * 3_600_000;

const spoiltMetadata = 'metadata with a flipped bit';

export class FleetLife {
  readonly #world: World;
  readonly #random: SimRandom;
  /** Devices that git does not name now. */
  readonly #spare: DeviceManifest[];
  /** The last commit of the work tree as it is: a force-push is none. */
  #ofWorkTree: string | undefined;
  /** Commits with metadata that does not verify: where newer was published since, that stays in force, and they are right. */
  readonly #spoiltCommits = new Set<string>();
  #releases = 0;
  #isOver = false;

  constructor(world: World, spare: readonly DeviceManifest[]) {
    this.#world = world;
    this.#random = world.random.stream('life');
    this.#spare = [...spare];
  }

  start(): void {
    this.#commit('the fleet as it begins');
    this.#next();
  }

  #next(): void {
    const { time } = this.#world;
    time.at(time.now + this.#random.exponential(commitMeanMs), () => {
      if (this.#isOver) return;
      this.#change();
      this.#next();
    });
  }

  #commit(subject: string, isValid?: boolean, change?: ReadonlyMap<string, Uint8Array | undefined>): void {
    const { id } = this.#world.fleet.commit(subject, isValid, change);
    this.#ofWorkTree = id;
    this.#world.trace.write('commit', id, subject);
  }

  #change(): void {
    const acts: readonly (() => void)[] = [
      () => this.#release(false),
      () => this.#release(false),
      () => this.#release(true),
      () => this.#goBack(),
      () => this.#configure(),
      () => this.#configure(),
      () => this.#addDevice(),
      () => this.#removeDevice(),
      () => this.#moveDevice(),
      () => this.#remakeDevice(),
      () => this.#mistake(),
      () => this.#mistake(),
      () => this.#forcePush(),
    ];
    this.#random.pick(acts)();
  }

  #release(fails: boolean): void {
    const { fleet } = this.#world;
    const name = this.#random.pick(fleet.applications);
    this.#releases += 1;
    const version = `2.${this.#releases}.0`;
    fleet.release(name, version, fails);
    this.#commit(`${name} ${version}${fails ? ', which fails' : ''}`);
  }

  #goBack(): void {
    const { fleet } = this.#world;
    const name = this.#random.pick(fleet.applications);
    const version = this.#random.pick(fleet.versionsOf(name));
    fleet.select(name, version);
    this.#commit(`${name} is ${version} again`);
  }

  #configure(): void {
    const { fleet } = this.#world;
    const setting = this.#random.integer(1, 1_000_000);
    const draw = this.#random.fraction();
    const padding = this.#random.chance(0.3) ? this.#random.integer(1, 8_000) : 0;
    if (draw < 0.4) fleet.configureApplication(this.#random.pick(fleet.applications), setting, padding);
    else if (draw < 0.7) fleet.configureSite(this.#anyDevice().site, setting);
    else fleet.putDevice({ ...this.#anyDevice(), setting });
    this.#commit('other configuration');
  }

  #anyDevice(): DeviceManifest {
    return this.#random.pick([...this.#world.fleet.devices.values()]);
  }

  /** A device whose fleet does not need it: a fleet that selects nothing is a mistake. */
  #sparableDevice(): DeviceManifest | undefined {
    const devices = [...this.#world.fleet.devices.values()];
    const isLast = ({ kind }: DeviceManifest): boolean => devices.filter((other) => other.kind === kind).length < 2;
    const sparable = devices.filter((device) => device.kind === 'shelf' || !isLast(device));
    return sparable.length === 0 ? undefined : this.#random.pick(sparable);
  }

  #addDevice(): void {
    const device = this.#spare.shift();
    if (device === undefined) return this.#configure();
    this.#world.fleet.putDevice(device);
    this.#commit(`${device.name} joins`);
  }

  #removeDevice(): void {
    const { fleet } = this.#world;
    const device = this.#sparableDevice();
    if (device === undefined) return this.#configure();
    fleet.removeDevice(device.name);
    this.#spare.push(device);
    this.#commit(`${device.name} leaves`);
  }

  #moveDevice(): void {
    const device = this.#sparableDevice();
    if (device === undefined) return this.#configure();
    const kind = this.#random.pick((['ship', 'truck', 'shelf'] as const).filter((other) => other !== device.kind));
    this.#world.fleet.putDevice({ ...device, kind });
    this.#commit(`${device.name} belongs to ${kind} now`);
  }

  /** Its machine broke: another has its name, and soon git the key of that. */
  #remakeDevice(): void {
    const { fleet, devices } = this.#world;
    const manifest = this.#anyDevice();
    const device = devices.get(manifest.name)!;
    device.remake();
    fleet.putDevice({ ...manifest, keyFingerprint: device.keyFingerprint });
    this.#commit(`${manifest.name} is another machine`);
    // The old one was heard a moment ago, and the new one is not heard yet.
    const { time } = this.#world;
    for (let minute = 1; minute <= 10; minute += 1) {
      time.at(time.now + minute * 60_000, () => this.#world.check(() => this.#world.look()));
    }
  }

  /** A commit that must change nothing on any device. */
  #mistake(): void {
    const { fleet } = this.#world;
    const name = this.#random.pick(fleet.applications);
    const device = `devices/${this.#anyDevice().name}.yaml`;
    const text = new TextDecoder().decode(fleet.file(device));
    const bytes = (changed: string): Uint8Array => new TextEncoder().encode(changed);
    const application = new TextDecoder().decode(fleet.file(`applications/${name}.yaml`));
    const mistakes: readonly [string, ReadonlyMap<string, Uint8Array | undefined>][] = [
      ['a manifest that does not parse', new Map([[device, bytes(`${text} ]`)]])],
      ['a field that does not exist', new Map([[device, bytes(text.replace('"site"', '"sight"'))]])],
      ['a device twice', new Map([['devices/again.yaml', bytes(text)]])],
      [
        'a release that was never signed',
        new Map([
          [`applications/${name}.yaml`, bytes(application.replace(/"release": "[^"]+"/, '"release": "9.9.9"'))],
        ]),
      ],
      ['metadata of a role is missing', new Map([[`trust/roles/${name}.json`, undefined]])],
      [spoiltMetadata, new Map([[`trust/roles/${name}.json`, this.#spoilt(`trust/roles/${name}.json`)]])],
    ];
    const [subject, change] = this.#random.pick(mistakes);
    this.#commit(subject, false, change);
    if (subject === spoiltMetadata) this.#spoiltCommits.add(this.#ofWorkTree!);
  }

  #spoilt(path: string): Uint8Array {
    const bytes = this.#world.fleet.file(path)!.slice();
    const at = this.#random.integer(0, bytes.length - 1);
    bytes[at] = bytes[at]! ^ 1;
    return bytes;
  }

  #forcePush(): void {
    const { fleet, trace } = this.#world;
    const lately = fleet.commits.filter(({ id }) => !this.#spoiltCommits.has(id)).slice(-8);
    const { id, subject } = fleet.recommit(this.#random.pick(lately));
    trace.write('commit', id, subject);
  }

  /** No more commits but what `mend` makes. */
  end(): void {
    this.#isOver = true;
  }

  /** A commit that every device of a fleet must try and go back from. */
  spoil(): string {
    const { fleet, repository } = this.#world;
    fleet.release('gauge', '3.0.0', true);
    this.#commit('gauge 3.0.0, which fails');
    return repository.tip!;
  }

  /**
   * The commit that must come true: the last one if that is good and the next can build on it, else one that replaces what
   * fails by what does not.
   */
  async mend(): Promise<string> {
    const { fleet, repository, controller } = this.#world;
    const source = (await controller.status())?.source;
    const selected = fleet.commits.at(-1)!;
    const isGood = selected.isValid && [...selected.devices.values()].flat().every(({ fails }) => !fails);
    const isBase = isGood && selected.id === this.#ofWorkTree;
    if (isBase && source?.state === 'current' && source.revision?.id === repository.tip) return selected.id;
    for (const name of fleet.applications) fleet.select(name, fleet.newestGood(name));
    this.#commit('all is well');
    return repository.tip!;
  }
}
