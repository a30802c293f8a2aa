/** Unix sockets for programs of this machine that ask and are answered in lines: few connections, short lines, short waits. */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { LineDoors } from '../ports.ts';

const connectionsMax = 8;
const lineBytesMax = 4_096;
/** Who has asked nothing for this long has to come again. */
const silentMsMax = 60_000;
/** Of answers that their reader has not taken. */
const unreadBytesMax = 64 * 1024;
const answerMsMax = 10_000;

/** Its user and group may ask; others are kept out by the mode, whatever the directory allows. */
const socketMode = 0o660;

/** Calls `onLine` for each whole line; one that is too long ends the connection. */
function readLines(socket: Socket, onLine: (line: string) => void): void {
  let begun = Buffer.alloc(0);
  socket.on('data', (piece: Buffer) => {
    begun = Buffer.concat([begun, piece]);
    for (let end = begun.indexOf(10); end >= 0 && !socket.destroyed; end = begun.indexOf(10)) {
      const line = begun.toString('utf8', 0, end).trim();
      begun = begun.subarray(end + 1);
      if (line !== '') onLine(line);
    }
    if (begun.length > lineBytesMax) socket.destroy();
  });
}

function serve(socket: Socket, answer: (line: string) => string): void {
  socket.on('error', () => {});
  socket.setTimeout(silentMsMax, () => socket.destroy());
  readLines(socket, (line) => {
    if (line.length > lineBytesMax || socket.writableLength > unreadBytesMax) socket.destroy();
    else socket.write(`${answer(line)}\n`);
  });
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function open(path: string, answer: (line: string) => string): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, answer);
  });
  server.maxConnections = connectionsMax;
  // What is there was left by a process that ended: this one holds the state directory.
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', () => {});
  server.unref();
  chmodSync(path, socketMode);
  return { [Symbol.asyncDispose]: () => close(server, sockets) };
}

function ask(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${line}\n`));
    socket.setTimeout(answerMsMax, () => socket.destroy(new Error('it does not answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    readLines(socket, (answer) => {
      resolve(answer);
      socket.destroy();
    });
  });
}

/** This machine's. */
export const nodeLineDoors: LineDoors = { open, ask };
