/** A gateway on real sockets, in this process: the one machine here that knows where the shore is. */
import type { ExecutionContext } from 'ava';
import type { Destination } from '../../../device-agent/gateway/destinations.ts';
import { Gateway } from '../../../device-agent/gateway/gateway.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { type Place, type Reach, reachDirectly } from '../../../platform/node/direct-way.ts';
import { startHttpServer } from '../../../platform/node/http-server.ts';
import type { CountTravel } from '../../../platform/ports.ts';
import { certificateIdentity } from '../../../schemas/certificate-identity.ts';
import { namelessHost, type openShore } from '../transport/shore.ts';

type Fleet = Awaited<ReturnType<typeof openShore>>;

/** How it is besides. */
interface GatewayTerms {
  readonly countTravel?: CountTravel;
  readonly host?: string;
  readonly monotonic?: () => number;
  /** What it makes of that. */
  readonly shoreAt?: string;
}

/** A device of the fleet that lets others through to these ports of the shore. */
export async function openGateway(
  t: ExecutionContext,
  { enrolledDevice, authority }: Fleet,
  ports: Readonly<Partial<Record<Destination['kind'], number>>>,
  {
    countTravel = () => {},
    host = namelessHost,
    shoreAt = '127.0.0.1',
    monotonic = nodeClock.monotonic,
  }: GatewayTerms = {},
) {
  const { identity } = await enrolledDevice('bridge');
  const destinations = Object.entries(ports).map(
    ([kind, port]): Destination => ({ kind: kind as Destination['kind'], host, port }),
  );
  const gateway = new Gateway({ clock: { monotonic }, destinations, countTravel });
  const asked: Place[] = [];
  const reach: Reach = (place, ...rest) => {
    asked.push(place);
    return reachDirectly({ ...place, host: shoreAt }, ...rest);
  };
  const server = await startHttpServer({
    ...{ host: '127.0.0.1', port: 0, ...identity.texts()!, authority: authority.certificate },
    ...{ identify: certificateIdentity, handler: async () => ({ status: 404, headers: {}, body: [] as never }) },
    ...{ bodyBytesMax: () => 0, onFailure: () => {}, log: { write: () => {} }, connectionsMax: 100 },
    tunnels: { handler: gateway.handle, reach },
  });
  t.teardown(() => server.close());
  return { gateway, asked, close: () => server.close(), address: `127.0.0.1:${server.port}` };
}
