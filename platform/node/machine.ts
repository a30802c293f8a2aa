/**
 * Serial lines, pipes and files of this machine behind the port of `machine.ts`. Lines and pipes are opened without waiting, and
 * watched by the event loop: nothing here blocks the thread, whoever is or is not at the other end.
 */
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream } from 'node:tty';
import { FileError } from '../file-handles.ts';
import type { Machine, MachinePlace } from '../machine.ts';
import type { Connection } from '../streams.ts';
import { nodeClock } from './clock.ts';
import { withFileFaults } from './file-fault.ts';
import { openHostFile } from './host-directory.ts';
import { LaterConnection } from './later-connection.ts';
import { Pace } from './pace.ts';
import { setSerialLine } from './serial-line.ts';
import { bufferBytesMax, SocketConnection } from './socket-connection.ts';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants;
/** In both directions, as a socket has it. */
const buffered = { highWaterMark: bufferBytesMax };

function statOf(path: string): fs.Stats | undefined {
  return withFileFaults(() => fs.statSync(path, { throwIfNoEntry: false }));
}

/** A pipe is opened as if somebody were at its other end: it has no end while nobody is, and writing to it fills it. */
function openDescriptor({ path, access = 'read' }: MachinePlace, isPipe: boolean): number {
  const flags = isPipe || access !== 'read' ? O_RDWR : O_RDONLY;
  return withFileFaults(() => fs.openSync(path, flags | O_NONBLOCK | O_NOCTTY));
}

/** Starting a program costs the thread, and no fuel. */
const settings = new Pace(1_000, nodeClock);

/** A line whose settings are made first, so often at most; the descriptor goes with the connection. */
function openLine({ path, serial, access = 'read' }: MachinePlace, descriptor: number, note: (text: string) => void) {
  const connect = (): Connection => {
    const ways = { ...buffered, writable: access !== 'read' };
    return new SocketConnection(new ReadStream(descriptor, ways), { isEndless: true });
  };
  if (serial === undefined) return connect();
  const fail = (error: Error): never => {
    fs.closeSync(descriptor);
    note(error.message);
    throw error;
  };
  const setting = settings.turn(path).then(() => setSerialLine(descriptor, serial));
  return new LaterConnection(setting.then(connect, fail));
}

function openStream(place: MachinePlace, note: (text: string) => void): Connection {
  const stat = statOf(place.path);
  const isPipe = stat?.isFIFO() === true;
  if (stat !== undefined && !isPipe && !stat.isCharacterDevice())
    throw new FileError('not-permitted', `${place.path} is no serial line, pipe or file`);
  const descriptor = openDescriptor(place, isPipe);
  if (isPipe) {
    const ways = { ...buffered, readable: true, writable: (place.access ?? 'read') !== 'read' };
    return new SocketConnection(new Socket({ fd: descriptor, ...ways }), { isEndless: true });
  }
  if (isatty(descriptor)) return openLine(place, descriptor, note);
  fs.closeSync(descriptor);
  throw new FileError('not-permitted', `${place.path} is a device and no serial line`);
}

/** This machine as guests get to it. */
export const nodeMachine: Machine = {
  look: (path) => {
    const stat = statOf(path);
    return stat && { kind: stat.isFile() ? 'file' : 'other', bytes: stat.size };
  },
  openFile: openHostFile,
  openStream,
};
