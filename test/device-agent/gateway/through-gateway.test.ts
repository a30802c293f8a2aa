/** HTTPS through a gateway, over real TLS: the device's own way ends at a name that nobody knows. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { reachAnyWay } from '../../../platform/node/any-way.ts';
import { reachDirectly } from '../../../platform/node/direct-way.ts';
import { freePort } from '../../../platform/node/free-port.ts';
import { KnownWay } from '../../../platform/node/known-way.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import { serveTunnel, type Tunnels } from '../../../platform/node/tunnel.ts';
import type { CountTravel, Network } from '../../../platform/ports.ts';
import { namelessHost, openShore } from '../transport/shore.ts';
import { openGateway } from './open-gateway.ts';

type Fleet = Awaited<ReturnType<typeof openShore>>;

async function openFleet(t: ExecutionContext) {
  const fleet = await openShore(t);
  const port = Number(new URL(fleet.url).port);
  return { ...fleet, port, url: `https://${namelessHost}:${port}/healthz` };
}

async function asDevice(
  fleet: Fleet,
  device: string,
  addresses: readonly string[],
  countTravel?: CountTravel,
): Promise<Network> {
  const { identity } = await fleet.enrolledDevice(device);
  const texts = () => ({ ca: fleet.authority.certificate, ...identity.texts() });
  return openNetwork(texts, countTravel, reachAnyWay({ addresses, device, identity: texts }));
}

function ask(network: Network, url: string) {
  return network.request({ method: 'GET', url, headers: {} }, AbortSignal.timeout(30_000));
}

test('a device without a way of its own asks the controller through a gateway, which counts what it takes', async (t) => {
  const fleet = await openFleet(t);
  const [near, far] = [[0], [0]];
  const countAt =
    (sum: number[]): CountTravel =>
    (bytes, via) => {
      t.is(via, 'lo');
      sum[0]! += bytes;
    };
  const { address, asked } = await openGateway(t, fleet, { https: fleet.port }, { countTravel: countAt(far) });
  const own = `127.0.0.1:${await freePort()}`;
  const network = await asDevice(fleet, 'bella', [own, address], countAt(near));
  const answer = await ask(network, fleet.url);
  t.is(answer.status, 200);
  t.truthy(await text(answer.body));
  t.deepEqual(asked, [{ host: namelessHost, port: fleet.port }]);
  t.true(near[0]! > 1_000 && far[0]! > 1_000, `${near[0]} and ${far[0]} bytes`);
  await text((await ask(network, fleet.url)).body);
  t.is(asked.length, 1);
});

test('the gateway comes first for a while where the own way led nowhere, and the own way again where the gateway is gone', async (t) => {
  const fleet = await openShore(t);
  const port = await freePort();
  const listen = async (host: string): Promise<void> => {
    const server = createTcpServer((socket) => socket.on('error', () => {})).listen(port, host);
    t.teardown(() => server.close());
    await once(server, 'listening');
  };
  const sockets: Socket[] = [];
  let nowMs = 0;
  const { address, asked, close } = await openGateway(
    t,
    fleet,
    { https: port },
    { host: '127.0.0.1', shoreAt: '127.0.0.2', monotonic: () => nowMs },
  );
  const { identity } = await fleet.enrolledDevice('bella');
  const texts = () => ({ ca: fleet.authority.certificate, ...identity.texts() });
  const known = new KnownWay(reachAnyWay({ addresses: [address], device: 'bella', identity: texts }), {
    ...{ host: '127.0.0.1', port },
  });
  const { reach } = known;
  const way = async (): Promise<string | undefined> => {
    const { socket, through, came } = await reach({ host: '127.0.0.1', port }, 10_000, AbortSignal.timeout(20_000));
    came?.();
    sockets.push(socket);
    t.is(known.through, through);
    return through;
  };
  for (let times = 0; times < 2; times++) await t.throwsAsync(way(), { code: 'GATEWAY_DARK' });
  t.is(asked.length, 1);
  nowMs += 5_000;
  await listen('127.0.0.2');
  t.is(await way(), 'bridge');
  await listen('127.0.0.1');
  t.is(await way(), 'bridge');
  t.is(asked.length, 3);
  for (const socket of sockets.splice(0)) socket.destroy();
  await close();
  t.is(await way(), undefined);
  t.is(await way(), undefined);
  for (const socket of sockets) socket.destroy();
});

test('why a gateway does not lead to the controller is told apart, with what became of the own way', async (t) => {
  const fleet = await openFleet(t);
  const gone = `127.0.0.1:${await freePort()}`;
  const refusing = await openGateway(t, fleet, {});
  const dark = await openGateway(t, fleet, { https: fleet.port }, { shoreAt: '127.0.0.9' });
  const seen = async (address: string, device = 'bella'): Promise<string> => {
    const network = await asDevice(fleet, device, [address]);
    const error = await t.throwsAsync(ask(network, fleet.url), { code: 'UNREACHABLE' } as never);
    return error!.message;
  };
  t.regex(
    await seen(gone),
    /^gateway 127\.0\.0\.1:\d+: connect ECONNREFUSED .*, and no way of its own leads there: .*shore\.invalid/,
  );
  t.regex(await seen(refusing.address), /: it does not lead to shore\.invalid port \d+, and/);
  t.regex(
    await seen(dark.address),
    /: shore\.invalid port \d+ is not reached from here: connect ECONNREFUSED 127\.0\.0\.9/,
  );
  t.regex(await seen(refusing.address, 'bridge'), /: it is this device, and/);
  const others = await openFleet(t);
  const foreign = await openGateway(t, others, { https: fleet.port });
  t.regex(await seen(foreign.address), /a certificate of another authority/);
  const network = await asDevice(others, 'mallory', [refusing.address]);
  await t.throwsAsync(ask(network, fleet.url), { message: /a certificate of another authority/ });
});

test('a gateway that leads to somebody else, or says nothing, is tried after the others, and no reason to leave the own way', async (t) => {
  const fleet = await openFleet(t);
  const lead = createServer();
  lead.on('connect', (_request, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nwelcome to the portal'));
  await new Promise<void>((listens) => lead.listen(0, '127.0.0.1', listens));
  t.teardown(() => lead.close());
  const liar = `http://127.0.0.1:${(lead.address() as AddressInfo).port}`;
  const { address, asked } = await openGateway(t, fleet, { https: fleet.port });
  const network = await asDevice(fleet, 'bella', [liar, address]);
  await t.throwsAsync(ask(network, fleet.url));
  t.is(asked.length, 0);
  const answer = await ask(network, fleet.url);
  t.is(answer.status, 200);
  await text(answer.body);
  t.is(asked.length, 1);
});

test('a plain HTTP proxy may be the gateway, and hears nothing but where to', async (t) => {
  const fleet = await openFleet(t);
  const proxy = createServer();
  const tunnels: Tunnels = {
    reach: (place, ...rest) => reachDirectly({ ...place, host: '127.0.0.1' }, ...rest),
    handler: () => ({
      ...{ kind: 'tunnel', connectMsMax: 10_000, idleMsMax: 60_000, signal: new AbortController().signal },
      ...{ reached: () => {}, accepts: () => true, countTravel: () => {}, ended: () => {} },
    }),
  };
  proxy.on('connect', ({ url = '' }, socket) => serveTunnel(url, socket as never, { address: '' }, tunnels));
  await new Promise<void>((listens) => proxy.listen(0, '127.0.0.1', listens));
  t.teardown(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const answer = await ask(await asDevice(fleet, 'bella', [`http://127.0.0.1:${port}`]), fleet.url);
  t.is(answer.status, 200);
  await text(answer.body);
});

test('a server that is reached in the moment in which who asked leaves is left too', async (t) => {
  const listener = createTcpServer().listen(0, '127.0.0.1');
  t.teardown(() => listener.close());
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const signal = AbortSignal.timeout(10_000);
  const [near, { socket: server }] = await Promise.all(
    [1, 2].map(() => reachDirectly({ host: '127.0.0.1', port }, 10_000, signal)),
  ).then(([one, other]) => [one!.socket, other!] as const);
  const ended: string[] = [];
  const tunnels: Tunnels = {
    reach: async () => {
      near.destroy();
      await once(near, 'close');
      return { socket: server, areShort: false };
    },
    handler: () => ({
      ...{ kind: 'tunnel', connectMsMax: 10_000, idleMsMax: 60_000, signal: new AbortController().signal },
      ...{ reached: () => {}, accepts: () => true, countTravel: () => {}, ended: () => ended.push('ended') },
    }),
  };
  serveTunnel('shore:443', near, { address: '' }, tunnels);
  await once(server, 'close');
  t.deepEqual(ended, ['ended']);
});
