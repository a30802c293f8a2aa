import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { Connections } from '../../../../device-agent/runtime/grants/connections.ts';
import { emptyInput, outputTo } from '../../../../device-agent/runtime/primitives/streams.ts';
import { openRuntime, statesWhen } from '../applications.ts';
import { cModule, cTest } from '../c-module.ts';

test('connections of one application are bounded, and a closed one makes room once', (t) => {
  const connections = new Connections();
  const connect = () => ({ input: emptyInput, output: outputTo(() => {}), shutdown: () => {}, close: () => {} });
  const open = Array.from({ length: 16 }, () => connections.hold(connect));
  t.throws(() => connections.hold(connect), { code: 'too-many-open' });
  open[0]!.close();
  open[0]!.close();
  connections.hold(connect);
  t.throws(() => connections.hold(connect), { code: 'too-many-open' });
});

test('a connection that is closed while it is being made counts until it is gone', async (t) => {
  const connections = new Connections();
  const gone = Promise.withResolvers<void>();
  const close = () => gone.promise;
  const connect = () => ({ input: emptyInput, output: outputTo(() => {}), shutdown: () => {}, close });
  const open = Array.from({ length: 16 }, () => connections.hold(connect));
  const closing = open[0]!.close();
  t.throws(() => connections.hold(connect), { code: 'too-many-open' });
  gone.resolve();
  await closing;
  t.notThrows(() => connections.hold(connect));
});

/** Asks the host of its first argument, then tries every other. */
const caller = `
  char path[200], answer[100] = {0};
  snprintf(path, sizeof path, "/net/tcp/%s", argv[1]);
  int line = open(path, O_RDWR);
  write(line, "ping\\n", 5);
  int count = read(line, answer, 99);
  printf("%.*s", count, answer);
  for (int at = 2; at < argc; at++) {
    snprintf(path, sizeof path, "/net/tcp/%s", argv[at]);
    printf("%d", open(path, O_RDWR | O_CREAT, 0600));
  }
  printf("\\n");`;

cTest('a program talks to the host it was granted; every other is refused, by name in its log', async (t) => {
  const server = createServer((socket) => socket.on('data', (bytes) => socket.end(`pong to ${bytes}`)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { runtime, application, logOf } = openRuntime(t);
  const granted = `127.0.0.1:${port}`;
  const others = [`127.0.0.1:${port + 1}`, `localhost:${port}`, `../tcp/${granted}`, '0x7f.1:1', `127.0.0.1:0${port}`];
  await runtime.apply([
    application('caller', cModule(caller), { args: [granted, ...others], allowedOutboundHosts: [`tcp://${granted}`] }),
  ]);
  await statesWhen(runtime, ({ caller: state }) => state === 'completed' || state === 'failed');
  t.regex(logOf('caller'), / out pong to ping\n/);
  t.regex(logOf('caller'), / out -1-1-1-1-1\n/);
  t.regex(logOf('caller'), / err fleet: refused: tcp:\/\/localhost:\d+ is not among its allowedOutboundHosts\n/);
});
