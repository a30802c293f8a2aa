import { statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { nodeClock } from './clock.ts';

/** Held until disposed or until the process ends, however it ends. */
export type Lock = Disposable;

/**
 * A name in Linux's abstract socket namespace: the kernel gives it to one process at a time and takes it back when that
 * process is gone, kill -9 included, so there is no stale file to judge. Processes in different network namespaces do not
 * see each other's.
 */
async function takeSocket(name: string): Promise<Lock | undefined> {
  const server = createServer((socket) => socket.destroy());
  const isTaken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(true) : reject(error),
    );
    server.listen(`\0${name}`, () => resolve(false));
  });
  if (isTaken) return undefined;
  server.unref();
  return { [Symbol.dispose]: () => server.close() };
}

/** Whoever holds it takes every connection, and ends it. */
async function isSocketTaken(name: string): Promise<boolean> {
  const socket = connect({ path: `\0${name}` });
  const isTaken = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return isTaken;
}

/** Elsewhere SQLite's file lock does it, at the price of loading SQLite. */
async function takeDatabase(path: string): Promise<Lock | undefined> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const busy = 5;
    if ((error as { errcode?: number }).errcode === busy) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}

/** The directory's identity, not its path: a link or another mount point names the same directory. */
function socketName(directory: string, name: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  return `fleet/${dev}/${ino}/${name}`;
}

/** Takes the lock `name` of a directory that exists; undefined while another process (or this one) holds it. */
export async function takeLock(
  directory: string,
  name: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Lock | undefined> {
  if (platform !== 'linux') return takeDatabase(`${directory}/${name}.lock`);
  return takeSocket(socketName(directory, name));
}

/** Whether anybody holds the lock; on Linux without ever being in the way of one who is about to take it. */
export async function isLocked(
  directory: string,
  name: string,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (platform === 'linux') return isSocketTaken(socketName(directory, name));
  using lock = await takeDatabase(`${directory}/${name}.lock`);
  return lock === undefined;
}

const retryMs = 25;

/** Takes the lock as soon as whoever holds it is gone. */
export async function waitForLock(directory: string, name: string): Promise<Lock> {
  for (;;) {
    const lock = await takeLock(directory, name);
    if (lock !== undefined) return lock;
    await nodeClock.sleep(retryMs);
  }
}
