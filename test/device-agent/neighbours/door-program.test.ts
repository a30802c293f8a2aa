/** The door for neighbours as the program that it is, over real TLS. */

import { EventEmitter, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { CourierProcess } from '../../../device-agent/courier/courier-process.ts';
import { nothingFetched } from '../../../device-agent/download/fetch-memory.ts';
import { AskedNeighbours } from '../../../device-agent/neighbours/ask-neighbours.ts';
import { DoorKeeper, type DoorKeeperOptions } from '../../../device-agent/neighbours/door-keeper.ts';
import { wantHeader } from '../../../device-agent/neighbours/wants.ts';
import { ModuleStore } from '../../../device-agent/storage/module-store.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import type { Place, Reach } from '../../../platform/node/direct-way.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { freePort } from '../../../platform/node/free-port.ts';
import { throughGateway } from '../../../platform/node/gateway-way.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import { nodeProcesses } from '../../../platform/node/processes.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { type HttpResponse, type Network, NetworkError } from '../../../platform/ports.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';
import { sha256 } from '../shore.ts';
import { openShore } from '../transport/shore.ts';

type Fleet = Awaited<ReturnType<typeof openShore>>;

const program = join(import.meta.dirname, '../../../device-agent/neighbours/main.ts');
const courierProgram = join(import.meta.dirname, '../../../device-agent/courier/main.ts');
const module = Buffer.from('a module, as far as a door knows'.repeat(10_000));
const path = `/sha256/${sha256(module)}`;

/** What a door logs first: that it listens, or why it ended; and its keeper. */
async function startDoor(
  t: ExecutionContext,
  { directory, authority }: Fleet,
  device: string,
  port = 0,
  more: Readonly<Record<string, unknown>> = {},
  gateway?: Pick<DoorKeeperOptions, 'countTravel' | 'closed'> & { readonly controller: string },
) {
  const stateDirectory = join(directory, device);
  mkdirSync(join(stateDirectory, 'sha256'), { recursive: true });
  writeFileSync(join(stateDirectory, path), module);
  writeFileSync(join(directory, 'ca.pem'), authority.certificate);
  const { controller, ...links } = gateway ?? {};
  const neighbours = { listen: { host: '127.0.0.1', port, gateway: gateway !== undefined }, ...more };
  const goes = { controller, mqtt: { host: 'nowhere.invalid' } };
  const configuration = { device, stateDirectory, ca: join(directory, 'ca.pem'), neighbours, ...goes };
  const { promise, resolve } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  const keeper = new DoorKeeper({
    ...{ processes: nodeProcesses, clock: nodeClock, random: nodeRandom, ...links },
    log: { write: (_level, event, fields) => resolve({ event, ...fields }) },
    ...{ file: program, args: [JSON.stringify(configuration)] },
  });
  t.teardown(() => keeper.stop());
  keeper.start();
  const { event, port: at, why } = await promise;
  return { keeper, event, port: at, why };
}

async function asDevice(fleet: Fleet, device: string): Promise<Network> {
  const { identity } = await fleet.enrolledDevice(device);
  return openNetwork(() => ({ ca: fleet.authority.certificate, ...identity.texts(), peers: 'devices' }));
}

function ask(network: Network, url: string, headers: Record<string, string> = {}): Promise<HttpResponse> {
  return network.request({ method: 'GET', url, headers }, AbortSignal.timeout(20_000));
}

test('a device gives modules to devices of its fleet, whole or from where they were, and says who it is', async (t) => {
  const fleet = await openShore(t);
  await fleet.enrolledDevice('anna');
  const { port } = await startDoor(t, fleet, 'anna');
  const bella = await asDevice(fleet, 'bella');
  const url = `https://127.0.0.1:${port}${path}`;
  const whole = await ask(bella, url);
  t.like(whole, { status: 200, device: 'anna' });
  t.is(await text(whole.body), module.toString());
  const rest = await ask(bella, url, { range: 'bytes=100000-' });
  t.like(rest, { status: 206, headers: { 'content-range': `bytes 100000-${module.length - 1}/${module.length}` } });
  t.is(await text(rest.body), module.toString().slice(100_000));
  for (const other of [
    `/sha256/${'0'.repeat(64)}`,
    '/identity/key.pem',
    '/sha256/../identity/key.pem',
    path.slice(0, -1),
  ])
    t.is((await ask(bella, `https://127.0.0.1:${port}${other}`)).status, 404, other);
});

/** The courier of a device as the program that it is. */
function startCourier(t: ExecutionContext, { directory }: Fleet, device: string, neighbours: object): CourierProcess {
  const stateDirectory = join(directory, device);
  const rest = { controller: 'https://127.0.0.1:1', ca: join(directory, 'ca.pem'), trustRoot: '/root.json' };
  const courier = new CourierProcess({
    ...{ processes: nodeProcesses, clock: nodeClock, log: { write: () => {} }, segments: { areShort: false } },
    ...{ file: courierProgram, args: [JSON.stringify({ device, stateDirectory, neighbours, ...rest })] },
    time: { nowMs: () => nodeClock.now(), floorMs: () => 0, raise: () => {}, heard: () => {} },
    ...{ countBytes: () => {}, countTravel: () => {}, modulesCame: () => {}, orderParcel: async () => undefined },
  });
  t.teardown(() => courier.stop());
  return courier;
}

test('a device finds another that nobody named to it, takes a module from it over TLS, and keeps it under its digest', async (t) => {
  const fleet = await openShore(t);
  await Promise.all([fleet.enrolledDevice('anna'), fleet.enrolledDevice('bella')]);
  await startDoor(t, fleet, 'anna', 0, { discover: ['lo'] });
  const courier = startCourier(t, fleet, 'bella', { known: [`127.0.0.1:${await freePort()}`], discover: ['lo'] });
  const wanted = { name: 'gauge', version: '1.0.0', sha256: sha256(module), length: module.length };
  const deployment = { sequence: 1, applications: [wanted] } as unknown as Deployment;
  const errand = { deployment, envelope: '', isInstalled: false, updates: [], isOffLink: true } as const;
  const told: number[] = [];
  const signal = AbortSignal.timeout(60_000);
  const bring = () =>
    courier.bring({ ...errand, memory: nothingFetched }, ({ bytesDone }) => told.push(bytesDone), signal);
  let { result } = await bring();
  // On a busy machine a door may be late on its network, and a handshake: the next attempt asks again.
  while (result.kind === 'failed' && !signal.aborted) ({ result } = await bring());
  t.like(result, { kind: 'brought', downloads: [{ name: 'gauge', method: 'whole', bytes: 0, neighbour: 'anna' }] });
  const store = new ModuleStore(nodeDisk, join(fleet.directory, 'bella/sha256'));
  t.is(store.condition(wanted.sha256, wanted.length), 'intact');
  t.is(told.at(-1), module.length);
});

test('a door tells of what its device wants what that said last', async (t) => {
  const fleet = await openShore(t);
  await fleet.enrolledDevice('anna');
  const { port, keeper } = await startDoor(t, fleet, 'anna');
  const bella = await asDevice(fleet, 'bella');
  const wanted = '1'.repeat(64);
  const url = `https://127.0.0.1:${port}/sha256/${wanted}`;
  keeper.want([{ sha256: wanted, done: 7, isFetching: true }]);
  for (let tries = 0; tries < 100; tries++) {
    const { headers } = await ask(bella, url);
    if (headers['x-fleet-wants'] === 'fetching 7') break;
    await nodeClock.sleep(20);
  }
  t.like(await ask(bella, url), { status: 404, headers: { 'x-fleet-wants': 'fetching 7' } });
});

test('a door that is a gateway leads to the controller, tells what that takes, and no further once the link is closed', async (t) => {
  const fleet = await openShore(t);
  await fleet.enrolledDevice('anna');
  const told = new EventEmitter();
  let why: string | undefined;
  const { port, keeper } = await startDoor(
    t,
    fleet,
    'anna',
    0,
    {},
    {
      controller: fleet.url,
      countTravel: (bytes, via) => told.emit('travel', bytes, via),
      closed: () => why,
    },
  );
  const { identity } = await fleet.enrolledDevice('bella');
  const texts = () => ({ ca: fleet.authority.certificate, ...identity.texts() });
  const gateways = { addresses: [], device: 'bella', identity: texts };
  const go = (place: Place) => throughGateway(`127.0.0.1:${port}`, place, gateways, AbortSignal.timeout(20_000));
  const shore = { host: '127.0.0.1', port: Number(new URL(fleet.url).port) };
  const asBella = (reach: Reach) => openNetwork(texts, undefined, reach);
  const heard = once(told, 'travel');
  const answer = await ask(
    asBella(() => go(shore)),
    `${fleet.url}/healthz`,
  );
  t.is(answer.status, 200);
  await text(answer.body);
  // The link has no room for modules from the first word of what travelled on.
  why = 'link vsat carries no modules';
  const [bytes, via] = await heard;
  t.true(bytes > 1_000, String(bytes));
  t.is(via, 'lo');
  const body = new Uint8Array(40_000);
  const post = { method: 'POST', url: `${fleet.url}/healthz`, headers: {}, body } as const;
  const tooMuch = asBella(() => go(shore));
  await t.throwsAsync(
    async () => {
      for (;;) await text((await tooMuch.request(post, AbortSignal.timeout(20_000))).body);
    },
    { instanceOf: NetworkError },
  );
  await t.throwsAsync(go(shore), { message: /: link vsat carries no modules$/ });
  await t.throwsAsync(go({ ...shore, port: 22 }), { message: /does not lead to 127\.0\.0\.1 port 22$/ });
  keeper.stop();
});

test('a neighbour that is asked again and again is asked over one connection', async (t) => {
  const fleet = await openShore(t);
  const { certificate: cert, key } = (await fleet.enrolledDevice('anna')).identity.texts()!;
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (_asked, answer) =>
    answer.writeHead(404, { 'content-length': '0', [wantHeader]: 'fetching 7' }).end(),
  );
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  const port = await freePort();
  await new Promise<void>((listens) => server.listen(port, '127.0.0.1', listens));
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  const network = await asDevice(fleet, 'bella');
  await text((await ask(network, `https://127.0.0.1:${port}/`)).body);
  const asking = { network, clock: nodeClock, nowMs: () => nodeClock.now(), device: 'bella' };
  const asked = new AskedNeighbours({ ...asking, known: [`127.0.0.1:${port}`], aside: [] });
  const wanted = { name: 'gauge', version: '1.0.0', sha256: sha256(module), length: module.length };
  for (let times = 0; times < 5; times++)
    t.is((await asked.ask(wanted, AbortSignal.timeout(20_000))).wanters.length, 1);
  t.is(connections, 1);
});

test('nothing is given to who is no device of the fleet, nor taken from one, and who says nothing has eight connections', async (t) => {
  const [fleet, others] = await Promise.all([openShore(t), openShore(t)]);
  await fleet.enrolledDevice('anna');
  const { port } = await startDoor(t, fleet, 'anna');
  const url = `https://127.0.0.1:${port}${path}`;
  const { identity } = await others.enrolledDevice('mallory');
  const untrusting = { ca: fleet.authority.certificate, peers: 'devices' } as const;
  const foreign = openNetwork(() => ({ ...untrusting, ...identity.texts() }));
  const nameless = openNetwork(() => untrusting);
  for (const network of [foreign, nameless]) t.is((await ask(network, url)).status, 403);
  const mallory = await asDevice(others, 'max');
  await t.throwsAsync(ask(mallory, url), { code: 'TLS', message: /certificate of another authority/ } as never);
  const bella = await asDevice(fleet, 'bella');
  await t.throwsAsync(ask(bella, `${fleet.url}/`), { code: 'TLS', message: /certificate of no device/ } as never);
  const silent = Array.from({ length: 9 }, () =>
    connect({ port: port as number, host: '127.0.0.1', localAddress: '127.0.0.3' }),
  );
  t.teardown(() => {
    for (const socket of silent) socket.destroy();
  });
  const ends = silent.map((socket, at) => new Promise<number>((end) => socket.once('close', () => end(at))));
  t.is(await Promise.race(ends), 8);
  t.is((await ask(bella, url)).status, 200);
});

test('a device that has no certificate, or no place to listen at, says so, and tries again', async (t) => {
  const fleet = await openShore(t);
  t.like(await startDoor(t, fleet, 'carl'), {
    event: 'neighbours.door-ended',
    why: 'this device has no certificate yet',
  });
  await fleet.enrolledDevice('anna');
  const { port } = await startDoor(t, fleet, 'anna');
  const taken = await startDoor(t, fleet, 'anna', port as number);
  t.is(taken.event, 'neighbours.door-ended');
  t.regex(String(taken.why), /EADDRINUSE/);
});
