/** A site: devices that share a shore, a network of their own, and one time. */
import { NeighbourDoor } from '../../../device-agent/neighbours/neighbour-door.ts';
import type { HttpHandler } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';
import { SimLan } from '../../sim/sim-lan.ts';
import { bornDisk, Ship } from '../ship.ts';
import { type AppWish, Shore, sha256, startMs } from '../shore.ts';

/** Devices by their names, on the network as `NAME:1`, each of which knows all of them. */
export class Site {
  readonly shore = new Shore('anna');
  readonly lan = new SimLan();
  readonly ships: readonly Ship[];

  constructor(names: readonly string[], releases: readonly AppWish[], others: readonly string[] = []) {
    for (const app of releases) this.shore.releaseWithBrotli(app);
    const time = new SimTime(startMs);
    const addresses = [...names, ...others].map((name) => `${name}:1`);
    this.ships = names.map((device, at) => {
      const ship = new Ship(this.shore, bornDisk(this.shore), time, new SimRandom(at + 1));
      ship.lan = this.lan;
      const door = new NeighbourDoor({ disk: ship.disk, storeDirectory: '/state/sha256' });
      ship.onWants = (wants) => door.want(wants);
      this.join(device, door.handle);
      return Object.assign(ship, { device, neighbours: addresses });
    });
    for (const ship of this.ships) ship.boot();
  }

  /** Somebody is on the network from now on, with a certificate of that name. */
  join(device: string, handler: HttpHandler, bytesPerSecond?: number): void {
    this.lan.devices.set(`${device}:1`, { device, handler, ...(bytesPerSecond && { bytesPerSecond }) });
  }

  /** Has one of them want these applications. */
  want(ship: Ship, sequence: number, apps: readonly AppWish[], change: Partial<Deployment> = {}): void {
    ship.want(this.shore.desired(sequence, apps, { device: ship.device, ...change }));
  }

  /** Where the shore has an application, in whatever form. */
  filesOf({ name, version, bytes }: AppWish): readonly string[] {
    const index = JSON.parse(Buffer.from(this.shore.files[`/releases/${name}/${version}.json`]!).toString()) as {
      readonly ways: readonly { readonly sha256: string }[];
    };
    return [sha256(bytes), ...index.ways.map((way) => way.sha256)].map((digest) => `/sha256/${digest}`);
  }

  /** How often the shore was asked for anything of it. */
  asked(app: AppWish): number {
    const forms = this.filesOf(app);
    return this.shore.requests.filter(({ url }) => forms.includes(url)).length;
  }
}
