/** The way out over real sockets: connections serve again, and what is cut, aborted or renewed is so at once. One after the other: the pools are the process's. */

import dns from 'node:dns';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { emptyAnswer, errorAnswer } from '../../../controller/doors/http/json-answer.ts';
import type { TlsIdentity } from '../../../platform/node/connection-pools.ts';
import { startHttpServer } from '../../../platform/node/http-server.ts';
import { failureText, openNetwork } from '../../../platform/node/network.ts';
import { ReturningDevices } from '../../../platform/node/returning-devices.ts';
import { nodeReturnKeys } from '../../../platform/node/returning-pool.ts';
import { nodeSegments } from '../../../platform/node/segments.ts';
import type { HttpRequest, HttpResponse, NetworkError } from '../../../platform/ports.ts';
import { certificateIdentity } from '../../../schemas/certificate-identity.ts';
import { quietLog, Scene, type TestDevice } from '../../controller/doors/scene.ts';

interface Stage {
  readonly scene: Scene;
  readonly server: Server;
  readonly url: string;
  /** Every TLS connection ever made, and whether it resumed an earlier session. */
  readonly handshakes: { readonly socket: TLSSocket; readonly resumed: boolean }[];
}

async function open(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Stage> {
  const scene = await Scene.open();
  const { certificate: cert, key } = await scene.authority.serverIdentity(['localhost']);
  const options = { cert, key, ca: scene.authority.certificate, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, answer);
  const handshakes: Stage['handshakes'] = [];
  server.on('secureConnection', (socket: TLSSocket) => handshakes.push({ socket, resumed: socket.isSessionReused() }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    scene[Symbol.dispose]();
  });
  return { scene, server, handshakes, url: `https://localhost:${(server.address() as AddressInfo).port}/` };
}

const never = new AbortController().signal;
const get = (url: string): HttpRequest => ({ method: 'GET', url, headers: {} });

async function textOf({ body }: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Who asked, as the server sees it. */
const tellName = (request: IncomingMessage, response: ServerResponse): void => {
  const { authorized, getPeerX509Certificate } = request.socket as TLSSocket;
  const certificate = authorized ? getPeerX509Certificate.call(request.socket) : undefined;
  response.end(certificate?.subject.split('\n')[0] ?? 'nobody');
};

test.serial('many exchanges cost one handshake', async (t) => {
  const { scene, url, handshakes } = await open(t, tellName);
  const device = await scene.device('buoy');
  const identity = { ca: scene.authority.certificate, certificate: device.certificate, key: device.key };
  const network = openNetwork(() => identity);
  for (let count = 0; count < 20; count++) t.is(await textOf(await network.request(get(url), never)), 'CN=buoy');
  t.is(handshakes.length, 1);
});

test.serial(
  'with short segments connections are made by name and address, serve again, and fail as others do',
  async (t) => {
    t.teardown(() => {
      nodeSegments.areShort = false;
    });
    nodeSegments.areShort = true;
    const { scene, url, handshakes } = await open(t, tellName);
    const device = await scene.device('buoy');
    const network = openNetwork(() => ({
      ca: scene.authority.certificate,
      certificate: device.certificate,
      key: device.key,
    }));
    for (let count = 0; count < 3; count++) t.is(await textOf(await network.request(get(url), never)), 'CN=buoy');
    t.is(handshakes.length, 1);
    const byAddress = url.replace('localhost', '127.0.0.1');
    t.is((await t.throwsAsync<NetworkError>(network.request(get(byAddress), never))).code, 'TLS');
    const nobody = network.request(get('https://shore.invalid/'), never);
    t.is((await t.throwsAsync<NetworkError>(nobody)).code, 'UNREACHABLE');
  },
);

test.serial('an exchange that has to go out of an interface goes out of no other', async (t) => {
  const { scene, url, handshakes } = await open(t, tellName);
  const network = openNetwork(
    () => ({ ca: scene.authority.certificate }),
    () => {},
  );
  const held = (via: string) => network.request({ ...get(url), via }, never);
  for (let count = 0; count < 2; count++) {
    const answer = await held('lo');
    t.is(answer.via, 'lo');
    await textOf(answer);
  }
  t.is(handshakes.length, 1, 'those of one interface share a connection');
  const elsewhere = await t.throwsAsync<NetworkError>(held('none0'));
  t.like(elsewhere, { code: 'UNREACHABLE', message: 'no connection can be made out of none0 here' });
});

test.serial(
  'what exchanges take is counted as IP does, within a tenth for what is long, and told with its interface',
  async (t) => {
    const long = 1_000_000;
    const { scene, server, url } = await open(t, (_request, response) => void response.end(Buffer.alloc(long)));
    const raw: Socket[] = [];
    server.on('connection', (socket) => raw.push(socket));
    let travelled = 0;
    const ways = new Set<string | undefined>();
    const network = openNetwork(
      () => ({ ca: scene.authority.certificate }),
      (bytes, via) => {
        travelled += bytes;
        ways.add(via);
      },
    );
    const answer = await network.request(get(url), never);
    t.is(answer.via, 'lo');
    t.is((await textOf(answer)).length, long);
    const [socket] = raw;
    const stream = socket!.bytesRead + socket!.bytesWritten;
    t.true(travelled > stream && travelled < 1.1 * stream, `${travelled} of ${stream}`);
    t.deepEqual([...ways], ['lo']);
  },
);

test.serial(
  'a connection that was closed meanwhile is made again, and resumes its session with the same device',
  async (t) => {
    const { scene, server, url, handshakes } = await open(t, tellName);
    const device = await scene.device('buoy');
    const identity = { ca: scene.authority.certificate, certificate: device.certificate, key: device.key };
    const network = openNetwork(() => identity);
    for (let count = 0; count < 5; count++) {
      t.is(await textOf(await network.request(get(url), never)), 'CN=buoy');
      server.closeIdleConnections();
    }
    t.is(handshakes.length, 5);
    t.deepEqual(
      handshakes.map(({ resumed }) => resumed),
      [false, true, true, true, true],
    );
  },
);

test.serial('a renewed certificate is used at once', async (t) => {
  const { scene, url, handshakes } = await open(t, tellName);
  const [before, after] = [await scene.device('before'), await scene.device('after')];
  let device = before;
  const network = openNetwork(() => ({ ...device, ca: scene.authority.certificate }));
  t.is(await textOf(await network.request(get(url), never)), 'CN=before');
  device = after;
  t.is(await textOf(await network.request(get(url), never)), 'CN=after');
  t.is(handshakes.length, 2);
});

test.serial('a server that cuts every connection is an error, not an endless loop', async (t) => {
  let asked = 0;
  const { scene, url } = await open(t, (request, response) => {
    asked += 1;
    if (asked === 1) response.end('fine');
    else request.socket.destroy();
  });
  const network = openNetwork(() => ({ ca: scene.authority.certificate }));
  t.is(await textOf(await network.request(get(url), never)), 'fine');
  await t.throwsAsync(network.request(get(url), never), { code: 'CUT' } as never);
  t.is(asked, 3, 'once on the connection that was there, once on a fresh one');
});

test.serial('what is sent twice could be done twice: a POST that is cut is not repeated', async (t) => {
  let asked = 0;
  const { scene, url } = await open(t, (request, response) => {
    asked += 1;
    if (asked === 1) response.end('fine');
    else request.socket.destroy();
  });
  const network = openNetwork(() => ({ ca: scene.authority.certificate }));
  await textOf(await network.request(get(url), never));
  const post: HttpRequest = { method: 'POST', url, headers: {}, body: new Uint8Array([1]) };
  await t.throwsAsync(network.request(post, never), { code: 'CUT' } as never);
  t.is(asked, 2);
});

test.serial('an abort ends an answer under way, and its connection does not serve again', async (t) => {
  const { scene, url, handshakes } = await open(t, (_request, response) => {
    response.write('the beginning');
  });
  const abort = new AbortController();
  const network = openNetwork(() => ({ ca: scene.authority.certificate }));
  const answer = await network.request(get(url), abort.signal);
  const closed = once(handshakes[0]!.socket, 'close');
  const reading = textOf(answer);
  abort.abort();
  await t.throwsAsync(reading, { code: 'ABORTED' } as never);
  await closed;
});

test.serial('an answer that ends too early is cut', async (t) => {
  const { scene, url } = await open(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('the beginning', () => response.destroy());
  });
  const network = openNetwork(() => ({ ca: scene.authority.certificate }));
  await t.throwsAsync(async () => textOf(await network.request(get(url), never)), { code: 'CUT' } as never);
});

/** A server on a thread that answers nobody before `wake`: what comes when its queue of one is full has to knock again a second later. */
async function startSleeper(t: ExecutionContext): Promise<{ readonly port: number; wake(): void }> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const program = `const { workerData, parentPort } = require('node:worker_threads');
    const answer = (socket) => socket.on('error', () => {}).end('HTTP/1.1 200 OK\\r\\ncontent-length: 4\\r\\n\\r\\nfine');
    const server = require('node:net').createServer(answer).listen(0, '127.0.0.1', 1, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(workerData, 0, 0);
    });`;
  const worker = new Worker(program, { eval: true, workerData: flag });
  t.teardown(() => worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  for (let filling = 0; filling < 2; filling++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
  }
  const wake = (): void => {
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  return { port, wake };
}

test.serial('the first of several addresses is waited for as long as a satellite takes', async (t) => {
  const { port, wake } = await startSleeper(t);
  const { lookup } = dns;
  t.teardown(() => Object.assign(dns, { lookup }));
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  type Answer = (error: null, found: typeof addresses) => void;
  Object.assign(dns, {
    lookup: (_name: string, _options: object, done: Answer) => setImmediate(done, null, addresses),
  });
  const answer = openNetwork(() => ({})).request(get(`http://shore.example:${port}/`), never);
  const waking = setTimeout(wake, 600);
  t.teardown(() => clearTimeout(waking));
  t.is(await textOf(await answer), 'fine');
});

/** A server of ours whom one device asks, each time over a connection of its own. */
interface Door {
  readonly scene: Scene;
  readonly device: TestDevice;
  /** As a certificate is judged. */
  readonly time: { now: number };
  /** Of every connection, whether it came back without certificates. */
  readonly returned: boolean[];
  /** What the server answers, as the status says it. */
  ask(identity?: Partial<TlsIdentity>): Promise<number>;
  /** As after a restart. */
  forget(): void;
}

async function openDoor(t: ExecutionContext): Promise<Door> {
  const scene = await Scene.open();
  const time = { now: Date.now() };
  const clock = { now: () => time.now, monotonic: () => 0 };
  const remember = (): ReturningDevices => new ReturningDevices({ clock, devicesMax: 10 });
  let devices = remember();
  const returning = {
    secretOf: (socket: TLSSocket, name: string) => devices.secretOf(socket, name),
    peerOf: (socket: TLSSocket) => devices.peerOf(socket),
    keep: (...known: Parameters<ReturningDevices['keep']>) => devices.keep(...known),
  };
  const returned: boolean[] = [];
  const server = await startHttpServer({
    ...{ host: '127.0.0.1', port: 0, connectionsMax: 100, log: quietLog, strangersPerSourceMax: 0 },
    ...(await scene.authority.serverIdentity(['localhost'])),
    ...{ authority: scene.authority.certificate, identify: certificateIdentity, returning },
    bodyBytesMax: () => 1_000,
    onFailure: (subject, error) => t.fail(`${subject}: ${error}`),
    beforeHandshakes: (listener) => {
      listener.on('secureConnection', (socket: TLSSocket) => returned.push(socket.isSessionReused() === true));
      return { [Symbol.dispose]: () => {} };
    },
    handler: async (_request, { device = '', keyFingerprint = '' }) => {
      const verdict = scene.authorize(device, keyFingerprint);
      const answer = verdict === 'ok' ? emptyAnswer() : errorAnswer(403, verdict.code, verdict.message);
      return { ...answer, headers: { ...answer.headers, connection: 'close' } };
    },
  });
  nodeReturnKeys.key = undefined;
  t.teardown(async () => {
    nodeReturnKeys.key = undefined;
    await server.close();
    scene[Symbol.dispose]();
  });
  const device = await scene.device('buoy');
  const url = `https://localhost:${server.port}`;
  const known = { ca: scene.authority.certificate, certificate: device.certificate, key: device.key, returnsTo: url };
  const ask = async (identity: Partial<TlsIdentity> = {}): Promise<number> => {
    const answer = await openNetwork(() => ({ ...known, ...identity })).request(get(url), never);
    await textOf(answer);
    return answer.status;
  };
  const forget = (): void => {
    devices = remember();
  };
  return { scene, device, time, returned, ask, forget };
}

test.serial(
  'a device comes back without certificates, is no stranger, and after a restart shows its own again',
  async (t) => {
    const { ask, returned, forget } = await openDoor(t);
    t.deepEqual([await ask(), await ask(), await ask()], [204, 204, 204]);
    t.deepEqual(returned.splice(0), [false, true, true]);
    forget();
    t.deepEqual([await ask(), await ask()], [204, 204]);
    t.deepEqual(returned, [false, true]);
  },
);

test.serial(
  'who comes back has no more rights than now: by another key in git, removed from it, or with a certificate that ended',
  async (t) => {
    const { ask, returned, scene, device, time } = await openDoor(t);
    t.is(await ask(), 204);
    scene.named.set('buoy', 'SHA256:another');
    t.is(await ask(), 403);
    scene.named.delete('buoy');
    t.is(await ask(), 403);
    scene.named.set('buoy', device.keyFingerprint);
    t.is(await ask(), 204);
    t.deepEqual(returned.splice(0), [false, true, true, true]);
    time.now += 10 * 365 * 86_400_000;
    await ask();
    t.deepEqual(returned, [false], 'then it has to show it');
  },
);

test.serial(
  'a key is of no use with another certificate, to another server, or without a certificate at all',
  async (t) => {
    const { ask, returned, scene } = await openDoor(t);
    t.is(await ask(), 204);
    const { certificate, key } = await scene.device('buoy');
    t.is(await ask({ certificate, key }), 204, 'the renewed one is shown');
    t.is(await ask({ certificate, key, returnsTo: 'https://elsewhere' }), 204);
    const nobody = { certificate: undefined, key: undefined } as unknown as Partial<TlsIdentity>;
    await t.throwsAsync(ask(nobody), { code: 'CUT' } as never, 'a stranger, for whom there is no room');
    t.deepEqual(returned, [false, false, false, false]);
  },
);

test.serial('a wrong secret under the name of a key lets nobody in, and is offered once', async (t) => {
  const { ask, returned } = await openDoor(t);
  t.is(await ask(), 204);
  nodeReturnKeys.key = { ...nodeReturnKeys.key!, secret: Buffer.alloc(32).toString('base64') };
  await t.throwsAsync(ask(), { code: 'TLS' } as never);
  t.is(await ask(), 204);
  t.deepEqual(returned, [false, false]);
});

test('a certificate that is not valid now is told with the clock that says so, which may be what is wrong', (t) => {
  const nowMs = Date.parse('2099-01-02T03:04:05Z');
  const text = (code: string) =>
    failureText(Object.assign(new Error('as the library says'), { code }), 'shore:7443', nowMs);
  t.is(
    text('CERT_HAS_EXPIRED'),
    'the certificate of shore:7443 has expired by the clock here, where it is 2099-01-02T03:04Z',
  );
  t.is(
    text('CERT_NOT_YET_VALID'),
    'the certificate of shore:7443 is not valid yet by the clock here, where it is 2099-01-02T03:04Z',
  );
  t.is(text('ECONNREFUSED'), 'as the library says');
});
