import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux gives to whoever connects or asks for any port (32768), so that none of those takes it meanwhile. */
const lowest = 15_000;
const highest = 32_767;

/** A port of 127.0.0.1 that nobody listens on, for a program that cannot choose one by itself. */
export async function freePort(): Promise<number> {
  const port = randomInt(lowest, highest + 1);
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return freePort();
    throw error;
  }
  server.close();
  await once(server, 'close');
  return port;
}
