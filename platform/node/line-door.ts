/** Unix sockets for programs of this machine that ask and are answered in lines: few connections, short lines, short waits. */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { LineDoors } from '../ports.ts';

const connectionsMax = 8;
const lineBytesMax = 4_096;
/** A message of the largest kind, signed to be carried, is the longest answer. */
const answerBytesMax = 512 * 1024;
/** Who has asked nothing for this long has to come again. */
const silentMsMax = 60_000;
/** From the first byte of a line to its end. */
const lineMsMax = 5_000;
/** Of answers that their reader has not taken. */
const unreadBytesMax = 64 * 1024;
const answerMsMax = 10_000;

/** Its user and group may ask; others are kept out by the mode, whatever the directory allows. */
const socketMode = 0o660;

/** Calls `onLine` for each whole line; one that is too long, or takes too long, ends the connection. */
function readLines(socket: Socket, onLine: (line: string) => void, bytesMax = lineBytesMax): void {
  let begun = Buffer.alloc(0);
  let late: NodeJS.Timeout | undefined;
  const endLine = (): void => {
    clearTimeout(late);
    late = undefined;
  };
  socket.on('close', endLine);
  socket.on('data', (piece: Buffer) => {
    begun = Buffer.concat([begun, piece]);
    for (let end = begun.indexOf(10); end >= 0 && !socket.destroyed; end = begun.indexOf(10)) {
      const line = begun.toString('utf8', 0, end).trim();
      begun = begun.subarray(end + 1);
      endLine();
      if (line !== '') onLine(line);
    }
    if (begun.length > bytesMax) socket.destroy();
    if (begun.length > 0 && !socket.destroyed) late ??= setTimeout(() => socket.destroy(), lineMsMax);
  });
}

/**
 * Who is connected. Whoever comes when there is no room takes the place of who said nothing yet and came first, else of who said
 * something longest ago: nobody is kept out by those that hold a place and do not use it.
 */
class Visitors {
  readonly #silent = new Set<Socket>();
  /** In the order of their last lines. */
  readonly #speakers = new Set<Socket>();

  enter(socket: Socket): void {
    if (this.all.length === connectionsMax) this.#leave(this.all[0]!);
    this.#silent.add(socket);
    socket.on('close', () => this.#leave(socket));
  }

  spoke(socket: Socket): void {
    this.#silent.delete(socket);
    this.#speakers.delete(socket);
    this.#speakers.add(socket);
  }

  #leave(socket: Socket): void {
    this.#silent.delete(socket);
    this.#speakers.delete(socket);
    socket.destroy();
  }

  get all(): readonly Socket[] {
    return [...this.#silent, ...this.#speakers];
  }
}

function serve(socket: Socket, visitors: Visitors, answer: (line: string) => string): void {
  visitors.enter(socket);
  socket.on('error', () => {});
  socket.setTimeout(silentMsMax, () => socket.destroy());
  readLines(socket, (line) => {
    visitors.spoke(socket);
    if (line.length > lineBytesMax || socket.writableLength > unreadBytesMax) socket.destroy();
    else socket.write(`${answer(line)}\n`);
  });
}

function close(server: Server, visitors: Visitors): Promise<void> {
  for (const socket of visitors.all) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function open(path: string, answer: (line: string) => string): Promise<AsyncDisposable> {
  const visitors = new Visitors();
  const server = createServer((socket) => serve(socket, visitors, answer));
  // What is there was left by a process that ended: this one holds the state directory.
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', () => {});
  server.unref();
  chmodSync(path, socketMode);
  return { [Symbol.asyncDispose]: () => close(server, visitors) };
}

function ask(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${line}\n`));
    socket.setTimeout(answerMsMax, () => socket.destroy(new Error('it does not answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    const onAnswer = (answer: string): void => {
      resolve(answer);
      socket.destroy();
    };
    readLines(socket, onAnswer, answerBytesMax);
  });
}

/** This machine's. */
export const nodeLineDoors: LineDoors = { open, ask };
