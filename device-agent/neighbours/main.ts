/**
 * The door for neighbours as a program: `node main.ts CONFIGURATION`, the agent's configuration as JSON. A process of its own, because
 * it reads what other machines send, and because only a device that gives its modules to others is to pay for it.
 */
import { bareHost } from '../../platform/host-and-port.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { reachDirectly } from '../../platform/node/direct-way.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { boundHolders } from '../../platform/node/holder-bounds.ts';
import { startHttpServer } from '../../platform/node/http-server.ts';
import { nodeLan } from '../../platform/node/lan.ts';
import { openLog } from '../../platform/node/log.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { boundSources } from '../../platform/node/source-bounds.ts';
import { onStarterGone } from '../../platform/node/starter-gone.ts';
import type { LogLevel } from '../../platform/ports.ts';
import { certificateIdentity } from '../../schemas/certificate-identity.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';
import { DeviceIdentityStore } from '../enrol-identity.ts';
import { destinationsOf } from '../gateway/destinations.ts';
import { Gateway } from '../gateway/gateway.ts';
import { GatheredTravel } from '../gateway/gathered-travel.ts';
import { defaultStateDirectory, stateLayout } from '../state-layout.ts';
import { Announcer } from './mdns/announcer.ts';
import type { FromDoor, ToDoor } from './messages.ts';
import { NeighbourDoor } from './neighbour-door.ts';

/** All at once: those of a site, each with one or two. */
const connectionsMax = 64;

/** Where it lets devices through as well: a tunnel has two ends. */
const gatewayConnectionsMax = 256;

/** How often the supervisor is told what went over a link. */
const tellMs = 1_000;

/** Of one source, without a certificate that counts: they are answered nothing anyway. */
const strangersPerSourceMax = 4;

/** Of one source before its handshakes, which take a small device tens of milliseconds each: a device needs one or two for minutes. */
const sourceBounds = { clock: nodeClock, connectionsMax: 8, pace: { atOnce: 16, everyMs: 1_000 } };

/** Of one source at a gateway: as many for what goes through, and as many for modules. */
const gatewaySourceBounds = { ...sourceBounds, connectionsMax: 16 };

/** A quarter for those who have shown nothing yet, which a handshake takes less than a second of, and of each device what goes through and as many besides. */
const holderBounds = (connectionsMax: number) => ({ unprovenMax: connectionsMax / 4, perNameMax: 16 });

/** A certificate is renewed weeks before it ends. */
const renewalMs = 3_600_000;

/** Lets devices of the fleet through to where this one goes. */
function openGateway(configuration: AgentConfiguration): Gateway {
  const travel = new GatheredTravel(nodeClock, tellMs, (bytes, via) =>
    say({ kind: 'travelled', bytes, ...(via === undefined ? {} : { via }) }),
  );
  const destinations = destinationsOf(configuration);
  return new Gateway({ clock: nodeClock, destinations, countTravel: travel.count });
}

async function serve(configuration: AgentConfiguration): Promise<number> {
  const { device, neighbours, ca, stateDirectory = defaultStateDirectory } = configuration;
  const listen = neighbours?.listen;
  if (listen === undefined) throw new Error('the configuration says nowhere to listen for neighbours');
  const log = openLog(nodeClock, (process.env.FLEET_LOG_LEVEL ?? 'info') as LogLevel);
  const identity = new DeviceIdentityStore(nodeDisk, stateDirectory);
  let texts = identity.texts();
  if (texts === undefined) throw new Error('this device has no certificate yet');
  const door = new NeighbourDoor({ disk: nodeDisk, storeDirectory: stateLayout(stateDirectory).storeDirectory });
  const gateway = listen.gateway === true ? openGateway(configuration) : undefined;
  process.on('message', (message: ToDoor) => {
    if (message.kind === 'wants') door.want(message.wants);
    else gateway?.close(message.why);
  });
  const most = gateway === undefined ? connectionsMax : gatewayConnectionsMax;
  const server = await startHttpServer({
    ...{ ...listen, ...texts, log, strangersPerSourceMax },
    connectionsMax: most,
    ...(gateway === undefined ? {} : { tunnels: { handler: gateway.handle, reach: reachDirectly } }),
    beforeHandshakes: (listener) => {
      boundHolders(listener, holderBounds(most));
      return boundSources(listener, gateway === undefined ? sourceBounds : gatewaySourceBounds);
    },
    identify: certificateIdentity,
    authority: new TextDecoder().decode(nodeDisk.readFile(ca)),
    handler: door.handle,
    bodyBytesMax: () => 0,
    onFailure: (subject, error) => log.write('warn', 'neighbours.request-failed', { subject, error }),
  });
  const renew = (): void => {
    const newest = identity.texts();
    if (newest !== undefined && newest.certificate !== texts?.certificate)
      server.renewIdentity(newest.certificate, newest.key);
    texts = newest ?? texts;
    nodeClock.after(renewalMs, renew);
  };
  nodeClock.after(renewalMs, renew);
  const interfaces = neighbours?.discover ?? [];
  if (interfaces.length > 0) {
    const door = { device, host: bareHost(listen.host), port: server.port, interfaces };
    new Announcer({ lan: nodeLan, clock: nodeClock, random: nodeRandom, log, ...door }).start();
  }
  return server.port;
}

function say(message: FromDoor, said = (): void => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, said);
}

onStarterGone(() => process.exit());
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
try {
  say({ kind: 'listening', port: await serve(JSON.parse(process.argv[2] ?? '{}') as AgentConfiguration) });
} catch (error) {
  say({ kind: 'deaf', why: (error as Error).message }, () => process.exit(1));
}
