/**
 * The courier as a program: `node main.ts CONFIGURATION`, the agent's configuration as JSON. It lives as long as the channel to
 * its supervisor, and never beside another courier of the same state directory.
 */
import { X509Certificate } from 'node:crypto';
import { bareHost } from '../../platform/host-and-port.ts';
import { reachAnyWay } from '../../platform/node/any-way.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import type { TlsIdentity } from '../../platform/node/connection-pools.ts';
import { isGivenBy } from '../../platform/node/device-certificate.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { KnownWay } from '../../platform/node/known-way.ts';
import { nodeLan } from '../../platform/node/lan.ts';
import { nodeLineDoors } from '../../platform/node/line-door.ts';
import { waitForLock } from '../../platform/node/lock.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { nodeReturnKeys } from '../../platform/node/returning-pool.ts';
import { nodeSegments } from '../../platform/node/segments.ts';
import { onStarterGone } from '../../platform/node/starter-gone.ts';
import { nodeSurroundings } from '../../platform/node/surroundings.ts';
import type { CountTravel } from '../../platform/ports.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';
import { clearMemory } from '../clear-memory.ts';
import { enrol } from '../enrol.ts';
import { DeviceIdentityStore } from '../enrol-identity.ts';
import { keyExchange } from '../key-exchange.ts';
import type { Discover } from '../neighbours/ask-neighbours.ts';
import { searchNeighbours } from '../neighbours/mdns/search.ts';
import { type HearTime, renewByKey } from '../renew-by-key.ts';
import { PreparedStore } from '../runtime/prepare/prepared-store.ts';
import { defaultStateDirectory, stateLayout } from '../state-layout.ts';
import { askNews } from './ask-news.ts';
import { CarryingCourier } from './carrying-courier.ts';
import { ErrandRunner } from './errand-runner.ts';
import { ForwardedOrders } from './forwarded-orders.ts';
import type { FromCourier, ToCourier } from './protocol.ts';
import { sendPart } from './send-part.ts';
import { SharedTime } from './shared-time.ts';

const httpsPort = 443;

/** A supervisor that was killed a moment ago hears nothing; that it is gone is told elsewhere. */
function say(message: FromCourier): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** How it looks for devices beside this one, where it is to. */
function looksFor({ device, neighbours }: AgentConfiguration): { readonly discover?: Discover } {
  const interfaces = neighbours?.discover ?? [];
  if (interfaces.length === 0) return {};
  const search = { lan: nodeLan, clock: nodeClock, random: nodeRandom, device, interfaces };
  return { discover: (signal) => searchNeighbours(search, signal) };
}

async function serve(configuration: AgentConfiguration): Promise<void> {
  const { device, controller } = configuration;
  const stateDirectory = configuration.stateDirectory ?? defaultStateDirectory;
  // At once, whatever is under way: the next supervisor sends a courier of its own.
  onStarterGone(() => process.exit());
  // A terminal's Ctrl-C reaches the whole group; the supervisor decides when this process ends.
  process.on('SIGINT', () => {});
  await waitForLock(stateDirectory, 'courier');
  const authority = (): string => new TextDecoder().decode(nodeDisk.readFile(configuration.ca));
  const isGiven = (certificate: string): boolean => isGivenBy(new X509Certificate(certificate), authority());
  const identity = new DeviceIdentityStore(nodeDisk, stateDirectory, isGiven);
  const time = new SharedTime(nodeClock, (atMs, isNow) => say({ kind: 'signed', atMs, ...(isNow && { isNow }) }));
  // A clock that runs ahead takes no controller away; what is signed tells that the time of one is over.
  const tolerates = (untilMs: number): boolean => untilMs >= time.floorMs();
  const countTravel: CountTravel = (bytes, via) =>
    say({ kind: 'travelled', bytes, ...(via === undefined ? {} : { via }) });
  const countBytes = (bytes: number): void => say({ kind: 'received', bytes });
  const { origin: returnsTo, hostname, port } = new URL(controller);
  const shown = (): TlsIdentity => ({ ca: authority(), ...identity.texts(), keyExchange, tolerates, returnsTo });
  const gateways = configuration.neighbours?.gateways ?? [];
  const known =
    gateways.length === 0
      ? undefined
      : new KnownWay(reachAnyWay({ addresses: gateways, device, identity: shown }), {
          ...{ host: bareHost(hostname), port: port === '' ? httpsPort : Number(port) },
        });
  const reach = known?.reach;
  const network = openNetwork(shown, countTravel, reach);
  const beside = openNetwork(() => ({ ca: authority(), ...identity.texts(), keyExchange, peers: 'devices' }));
  const orders = new ForwardedOrders(say);
  const courier = new CarryingCourier({
    ...{ configuration, stateDirectory, disk: nodeDisk, clock: nodeClock, random: nodeRandom, time },
    doors: nodeLineDoors,
    network,
    lan: beside,
    ...looksFor(configuration),
    wayOut: () => nodeSurroundings.interface(),
    modulesCame: (flow, via) => say({ kind: 'modules', flow, ...(via === undefined ? {} : { via }) }),
    countBytes,
    orderParcel: orders.place,
    onWants: (wants) => say({ kind: 'wants', wants }),
    prepared: new PreparedStore(nodeDisk, stateLayout(stateDirectory).preparedDirectory),
    unpacking: (sha256) => {
      // What fetching left makes room for the decoder's tables, and these for what comes after.
      clearMemory();
      say({ kind: 'unpacking', ...(sha256 === undefined ? {} : { sha256 }) });
    },
  });
  const stranger = openNetwork(() => ({ ca: authority(), keyExchange, tolerates }), countTravel, reach);
  const hearTime: HearTime = (...told) => courier.hearTime(...told);
  const monotonic = (): number => nodeClock.monotonic();
  const enrolment = { device, controller, identity, network: stranger, hearTime, monotonic };
  const way = { network, countBytes, controller };
  const runner = new ErrandRunner({
    ...{ courier, time, orders, say, segments: nodeSegments, returnKeys: nodeReturnKeys },
    enrol: (signal) => (identity.certificateText() === undefined ? enrol : renewByKey)(enrolment, signal),
    news: (question, signal) => askNews({ ...way, through: () => known?.through }, question, signal),
    part: (part, signal) => sendPart(way, part, signal),
  });
  process.on('message', (message: ToCourier) => runner.receive(message));
  say({ kind: 'ready' });
}

const configuration = process.argv[2];
if (configuration === undefined || process.send === undefined) {
  process.stderr.write('fleet: this program is started by the agent\n');
  process.exit(64);
}
try {
  await serve(JSON.parse(configuration) as AgentConfiguration);
} catch (error) {
  // It is started again and again: a line of its own, not Node's trace with the whole bundle in it.
  process.stderr.write(`fleet courier: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
