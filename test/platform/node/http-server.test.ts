/** The HTTPS server over real sockets. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import test from 'ava';
import { fairHandshakes } from '../../../controller/doors/fair-handshakes.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { boundHolders } from '../../../platform/node/holder-bounds.ts';
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../../../platform/node/http-server.ts';
import { boundSources } from '../../../platform/node/source-bounds.ts';
import type { HttpHandler, Peer } from '../../../platform/ports.ts';
import { certificateIdentity } from '../../../schemas/certificate-identity.ts';
import { quietLog, Scene } from '../../controller/doors/scene.ts';

const mebibyte = 1_048_576;

interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly server: HttpServer;
  /** What was told of as failed. */
  readonly failures: string[];
}

async function open(handler: HttpHandler, options: Partial<HttpServerOptions> = {}): Promise<Stage> {
  const scene = await Scene.open();
  const identity = await scene.authority.serverIdentity(['localhost']);
  const failures: string[] = [];
  const server = await startHttpServer({
    connectionsMax: 1_000,
    host: '127.0.0.1',
    port: 0,
    ...identity,
    authority: scene.authority.certificate,
    identify: certificateIdentity,
    handler,
    bodyBytesMax: () => 1000,
    onFailure: (subject, error) => failures.push(`${subject} ${error}`),
    log: quietLog,
    ...options,
  });
  return {
    scene,
    server,
    failures,
    async [Symbol.asyncDispose]() {
      await server.close();
      scene[Symbol.dispose]();
    },
  };
}

/** Sends one request and resolves with the head of the answer. */
function send({ scene, server }: Stage, options: RequestOptions, body?: Uint8Array): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: 'localhost', port: server.port, ca: scene.authority.certificate, agent: false, ...options },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const answerWith = (value: unknown) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: bodyOf(new TextEncoder().encode(JSON.stringify(value))),
});

test('a peer is a device only with a certificate of our authority', async (t) => {
  await using stage = await open(async (_request, peer) => answerWith(peer));
  using foreign = await Scene.open();
  const ours = await stage.scene.device('buoy-1');
  const theirs = await foreign.device('buoy-1');
  const ask = async (options: RequestOptions): Promise<Peer> => JSON.parse(await text(await send(stage, options)));
  t.deepEqual(await ask({}), { address: '127.0.0.1' });
  t.deepEqual(await ask({ key: theirs.key, cert: theirs.certificate }), { address: '127.0.0.1' });
  t.deepEqual(await ask({ key: ours.key, cert: ours.certificate }), {
    address: '127.0.0.1',
    device: 'buoy-1',
    keyFingerprint: ours.keyFingerprint,
  });
});

test('the handler sees method, path, headers and body', async (t) => {
  await using stage = await open(async ({ method, url, headers, body }) =>
    answerWith({ method, url, type: headers['content-type'], body: new TextDecoder().decode(body) }),
  );
  const options = { method: 'POST', path: '/a?b=c', headers: { 'Content-Type': 'text/plain' } };
  const answer = await send(stage, options, Buffer.from('hello'));
  t.deepEqual(JSON.parse(await text(answer)), { method: 'POST', url: '/a?b=c', type: 'text/plain', body: 'hello' });
  const head = await send(stage, { method: 'HEAD' });
  t.is(head.statusCode, 200);
  t.is(await text(head), '');
});

test('a body that is too long is refused, announced or not, and so is a method that we do not speak', async (t) => {
  let called = 0;
  await using stage = await open(async () => {
    called += 1;
    return answerWith({});
  });
  const announced = await send(stage, { method: 'POST' }, new Uint8Array(1001));
  t.is(announced.statusCode, 413);
  t.is(JSON.parse(await text(announced)).code, 'BODY_TOO_LARGE');
  const chunked = await send(
    stage,
    { method: 'POST', headers: { 'transfer-encoding': 'chunked' } },
    new Uint8Array(1001),
  );
  t.is(chunked.statusCode, 413);
  t.is((await send(stage, { method: 'DELETE' })).statusCode, 405);
  t.is(called, 0);
});

test('a handler that throws is answered with 500, without a word of why', async (t) => {
  await using stage = await open(async () => {
    throw new Error('the secret reason');
  });
  const answer = await send(stage, {});
  t.is(answer.statusCode, 500);
  t.notRegex(await text(answer), /secret/);
  t.deepEqual(stage.failures, ['GET / Error: the secret reason'], 'but it is told here');
});

test('a long answer waits for its reader, and is aborted when the reader goes', async (t) => {
  let produced = 0;
  let aborted = false;
  let ended: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    ended = resolve;
  });
  await using stage = await open(async (_request, _peer, signal) => {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    async function* body() {
      try {
        for (; produced < 200; produced += 1) yield new Uint8Array(mebibyte);
      } finally {
        ended();
      }
    }
    return { status: 200, headers: {}, body: body() };
  });
  const answer = await send(stage, {});
  answer.on('error', () => {});
  await once(answer, 'readable');
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.true(produced < 50, `${produced} MiB were produced for a reader that takes none`);
  answer.destroy();
  await over;
  t.true(aborted);
});

test('an answer that breaks off in the middle ends the connection, so that nobody takes it for whole', async (t) => {
  await using stage = await open(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield new Uint8Array(10);
      throw new Error('disk');
    })(),
  }));
  const answer = await send(stage, {});
  await t.throwsAsync(text(answer), { message: /aborted/ });
});

test('TLS older than 1.2 is refused', async (t) => {
  await using stage = await open(async () => answerWith({}));
  const socket = connect({
    port: stage.server.port,
    ca: stage.scene.authority.certificate,
    servername: 'localhost',
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
  });
  await t.throwsAsync(once(socket, 'secureConnect'));
});

test('close() lets a running answer end', async (t) => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached: () => void = () => {};
  const running = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const stage = await open(async () => {
    reached();
    await held;
    return answerWith('done');
  });
  const answer = send(stage, {});
  await running;
  const closed = stage.server.close();
  release();
  t.is(JSON.parse(await text(await answer)), 'done');
  await closed;
  stage.scene[Symbol.dispose]();
});

/** A connection that is held open; resolves with whether it was let stay through one answer. */
interface Held {
  readonly stays: boolean;
  readonly isOpen: () => boolean;
  readonly ended: Promise<unknown>;
  end(): void;
}

async function holds({ scene, server }: Stage, options: object = {}): Promise<Held> {
  const socket = connect({ host: 'localhost', port: server.port, ca: scene.authority.certificate, ...options });
  socket.on('error', () => {});
  const ended = new Promise((resolve) => socket.once('close', resolve));
  const stays = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  });
  return { stays, isOpen: () => !socket.destroyed, ended, end: () => socket.destroy() };
}

test('strangers of one source hold a bounded number of connections, and who shows a certificate is none of them', async (t) => {
  await using stage = await open(async () => ({ status: 200, headers: {}, body: bodyOf(new Uint8Array(1)) }), {
    strangersPerSourceMax: 2,
  });
  const device = await stage.scene.device('buoy-1');
  const [first, second, third] = [await holds(stage), await holds(stage), await holds(stage)];
  t.deepEqual([first.stays, second.stays, third.stays], [true, true, false]);
  const known = await holds(stage, { key: device.key, cert: device.certificate });
  t.true(known.stays);
  first.end();
  let again = await holds(stage);
  // Its end is seen a moment later than it is made.
  while (!again.stays) again = await holds(stage);
  for (const one of [second, again, known]) one.end();
});

test('where too many have shown nothing or the same name, the oldest of them gives way, and no others', async (t) => {
  await using stage = await open(async () => ({ status: 200, headers: {}, body: bodyOf(new Uint8Array(1)) }), {
    beforeHandshakes: (server) => {
      boundHolders(server, { unprovenMax: 2, perNameMax: 2 });
      return boundSources(server, { clock: nodeClock, connectionsMax: 99, pace: { atOnce: 99, everyMs: 1 } });
    },
  });
  const [liar, honest] = [await stage.scene.device('buoy-1'), await stage.scene.device('buoy-2')];
  const as = ({ key, certificate: cert }: typeof liar) => holds(stage, { key, cert });
  const other = await as(honest);
  const silent = Array.from({ length: 3 }, () => connectTcp(stage.server.port, '127.0.0.1').on('error', () => {}));
  await once(silent[0]!, 'close');
  const own = [await as(liar), await as(liar), await as(liar)];
  t.deepEqual(
    own.map(({ stays }) => stays),
    [true, true, true],
  );
  await own[0]!.ended;
  t.deepEqual(
    [other, own[1]!, own[2]!].map(({ isOpen }) => isOpen()),
    [true, true, true],
  );
  for (const { end } of [other, ...own]) end();
  for (const socket of silent) socket.destroy();
});

test('with handshakes in turn everybody is answered, however few places there are', async (t) => {
  const turnedAway: string[] = [];
  await using stage = await open(async () => ({ status: 200, headers: {}, body: bodyOf(new Uint8Array(1)) }), {
    beforeHandshakes: (server) =>
      fairHandshakes(server, {
        clock: nodeClock,
        onTurnedAway: (address) => turnedAway.push(address),
        limits: { handshakesMax: 2 },
      }),
  });
  const answers = await Promise.all(Array.from({ length: 40 }, () => send(stage, {})));
  t.true(answers.every(({ statusCode }) => statusCode === 200));
  for (const answer of answers) answer.resume();
  t.deepEqual(turnedAway, []);
});

test('who finds no room is turned away, and that is told with the address', async (t) => {
  const turnedAway: string[] = [];
  const answer = async () => answerWith({});
  await using stage = await open(answer, { connectionsMax: 1, onTurnedAway: (address) => turnedAway.push(address) });
  const first = connectTcp(stage.server.port, '127.0.0.1');
  await once(first, 'connect');
  const second = connectTcp(stage.server.port, '127.0.0.1').on('error', () => {});
  await once(second, 'close');
  t.deepEqual(turnedAway, ['127.0.0.1']);
  first.destroy();
});

test('who comes too often is cut off before its handshake, and comes through a while later', async (t) => {
  let nowMs = 0;
  const bounds = { clock: { monotonic: () => nowMs }, connectionsMax: 8, pace: { atOnce: 2, everyMs: 1_000 } };
  await using stage = await open(async () => answerWith({}), {
    beforeHandshakes: (server) => boundSources(server, bounds),
  });
  const comes = async (): Promise<boolean> => {
    const { stays, end } = await holds(stage);
    end();
    return stays;
  };
  t.deepEqual([await comes(), await comes(), await comes()], [true, true, false]);
  nowMs += 1_000;
  t.deepEqual([await comes(), await comes()], [true, false]);
});
