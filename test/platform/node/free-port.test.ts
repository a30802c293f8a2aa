import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { freePort } from '../../../platform/node/free-port.ts';

test('a free port is none that a system gives to whoever connects, and can be listened on', async (t) => {
  const port = await freePort();
  t.true(port < 32_768);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
});
