/** Who is let through to controller and broker, and how much of it. What passes is sealed between a device and these: it is counted, not read. */
import { Allowance } from '../../platform/allowance.ts';
import type {
  Clock,
  CountTravel,
  Peer,
  Tunnel,
  TunnelAsked,
  TunnelHandler,
  TunnelRefusal,
} from '../../platform/ports.ts';
import { ControlAllowance } from './control-allowance.ts';
import type { Destination } from './destinations.ts';

/** What a gateway works with. */
export interface GatewayOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly destinations: readonly Destination[];
  /** Told of every byte that goes over a link for others. */
  readonly countTravel: CountTravel;
}

/** All at once: a device has one to the broker, and while it fetches a few more. */
const tunnelsMax = 128;
const tunnelsPerDeviceMax = 8;

/** Each costs a packet over the link at least, whatever is said through it. */
const tunnelPace = { atOnce: 16, everyMs: 2_000 };

/** More devices than a site has: the one that came longest ago is forgotten. */
const devicesMax = 256;

/**
 * Of each device a day where the link may carry no modules. HTTPS: enough to ask for news some times, and to renew a certificate; for a
 * module far too little. A session at rest takes 40 kB.
 */
const bytesPerDay: Readonly<Record<Destination['kind'], number>> = { broker: 4 * 1024 * 1024, https: 32 * 1024 };

/** As one device by itself would wait at least. */
const connectMsMax = 10_000;

/** A server that was not reached is not tried for others at once: each try is a packet over a link that may be dear. */
const darkMs = 5_000;

/** Longer than the longest keep-alive of MQTT, and than any answer of the controller takes. */
const idleMsMax: Readonly<Record<Destination['kind'], number>> = { broker: 20 * 3_600_000, https: 5 * 60_000 };

/** Who comes. One whose certificate does not count by the clock here may have it renewed, over HTTPS, and no more. */
interface Client {
  readonly device: string;
  readonly isOutdated: boolean;
}

const outdatedWords = 'the certificate that is shown does not count by the clock of the gateway';

/** One that is open. */
interface Open extends Client {
  readonly end: AbortController;
  readonly kind: Destination['kind'];
}

/** How reaching a server went last. */
interface Sight {
  readonly failure: string;
  readonly atMs: number;
  isTried: boolean;
}

/** An old certificate is easier to come by than one that counts: who shows it takes nothing from who shows the other. */
function nameOf({ device, isOutdated }: Client): string {
  return isOutdated ? `${device} by an old certificate` : device;
}

function refused(status: TunnelRefusal['status'], reason: string): TunnelRefusal {
  return { kind: 'refused', status, reason };
}

/** Lets devices of the fleet through. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #open = new Set<Open>();
  /** Servers that were not reached. */
  readonly #dark = new Map<Destination, Sight>();
  readonly #allowed: Readonly<Record<Destination['kind'], ControlAllowance>>;
  readonly #paces = new Map<string, Allowance>();
  /** Why the link that leads out may carry no modules now. */
  #closed: string | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { clock } = options;
    const { broker, https } = bytesPerDay;
    this.#allowed = { broker: new ControlAllowance(clock, broker), https: new ControlAllowance(clock, https) };
  }

  /** Takes whether modules may go over the link that leads out, and why not. */
  close(why: string | undefined): void {
    this.#closed = why;
  }

  readonly handle: TunnelHandler = (asked, { device, outdated }: Peer) => {
    const who = device ?? outdated?.device;
    if (who === undefined) return refused(403, 'it lets through devices that show a certificate of the fleet');
    const to = this.#destinationOf(asked);
    if (to === undefined) return refused(403, `it does not lead to ${asked.host} port ${asked.port}`);
    const client: Client = { device: who, isOutdated: device === undefined };
    return this.#refusal(to, client) ?? this.#haste(client) ?? this.#tunnel(to, client);
  };

  #destinationOf({ host, port }: TunnelAsked): Destination | undefined {
    return this.#options.destinations.find((one) => one.host === host && one.port === port);
  }

  #refusal(to: Destination, client: Client): TunnelRefusal | undefined {
    const { isOutdated } = client;
    const sight = this.#dark.get(to);
    const isDark = sight !== undefined && (sight.isTried || this.#options.clock.monotonic() - sight.atMs < darkMs);
    if (isDark) return refused(502, sight.failure);
    if (to.kind === 'broker' && isOutdated) return refused(403, outdatedWords);
    const why = isOutdated ? outdatedWords : this.#closed;
    return why === undefined || this.#allowed[to.kind].hasLeft(nameOf(client)) ? undefined : refused(503, why);
  }

  /** That somebody comes again and again. */
  #haste(client: Client): TunnelRefusal | undefined {
    const name = nameOf(client);
    const pace = this.#paces.get(name) ?? new Allowance(this.#options.clock, tunnelPace);
    this.#paces.delete(name);
    this.#paces.set(name, pace);
    const [first] = this.#paces.keys();
    if (this.#paces.size > devicesMax && first !== undefined) this.#paces.delete(first);
    if (pace.waitMs() > 0) return refused(503, 'this device comes too often');
    pace.spend();
    return undefined;
  }

  /** Who comes with too many has lost those that it had: the oldest of them ends. */
  #tunnel(to: Destination, client: Client): Tunnel | TunnelRefusal {
    const own = [...this.#open].filter((one) => nameOf(one) === nameOf(client));
    if (own.length >= tunnelsPerDeviceMax) this.#end(own[0]!);
    if (this.#open.size >= tunnelsMax) return refused(503, `it lets ${tunnelsMax} connections through already`);
    const one: Open = { ...client, end: new AbortController(), kind: to.kind };
    const sight = this.#dark.get(to);
    if (sight !== undefined) sight.isTried = true;
    this.#open.add(one);
    return {
      ...{ kind: 'tunnel', connectMsMax, idleMsMax: idleMsMax[to.kind], signal: one.end.signal },
      reached: (failure) => this.#reached(to, failure),
      accepts: (bytes) => this.#accepts(one, bytes),
      countTravel: this.#options.countTravel,
      ended: () => {
        this.#open.delete(one);
        if (sight !== undefined) sight.isTried = false;
      },
    };
  }

  #end(one: Open): void {
    this.#open.delete(one);
    one.end.abort();
  }

  #reached(to: Destination, failure: string | undefined): void {
    if (failure === undefined) this.#dark.delete(to);
    else this.#dark.set(to, { failure, atMs: this.#options.clock.monotonic(), isTried: false });
  }

  #accepts(one: Open, bytes: number): boolean {
    if (this.#closed === undefined && !one.isOutdated) return true;
    return this.#allowed[one.kind].take(nameOf(one), bytes);
  }
}
