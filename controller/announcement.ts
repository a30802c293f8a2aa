/**
 * A running controller says where it is to the command line of the same user, in that user's own directory: one small file a
 * controller, named after its state directory, gone when it stops.
 */

import { makeDirectoryDurably, writeFileDurably } from '../platform/durable-file.ts';
import { hostAndPort } from '../platform/host-and-port.ts';
import { type Disk, DiskError } from '../platform/ports.ts';
import { sha256Hex } from '../schemas/sha256.ts';

/** How the command line reaches a controller of this machine. */
export interface Announcement {
  /** https:// URL. */
  readonly controller: string;
  /** Files that vouch for it, and that let the command line in. */
  readonly ca: string;
  readonly tokenFile: string;
  /** The repository that it follows, as it is configured. */
  readonly source: string;
}

const fileBytesMax = 16_384;
const filesMax = 64;

/** A server that listens everywhere is reached by a name or an address that its certificate holds. */
export function reachableUrl(listening: string, hostname: string): string {
  const { hostname: host, port } = new URL(listening);
  return host === '0.0.0.0' || host === '[::]' ? `https://${hostAndPort(hostname, Number(port || 443))}` : listening;
}

/** Where controllers of this user announce themselves; undefined for a user without a home. */
export function announcementDirectory(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { XDG_STATE_HOME, HOME } = environment;
  const own = XDG_STATE_HOME || (HOME ? `${HOME}/.local/state` : undefined);
  return own?.startsWith('/') ? `${own}/fleet/controllers` : undefined;
}

function parse(bytes: Uint8Array): Announcement | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Record<keyof Announcement, unknown>;
    const { controller, ca, tokenFile, source } = value;
    const isWhole = [controller, ca, tokenFile, source].every((text) => typeof text === 'string');
    return isWhole && String(controller).startsWith('https://') ? (value as unknown as Announcement) : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined also for one that is taken back in this moment. */
function read(disk: Disk, path: string): Announcement | undefined {
  try {
    const { kind, bytes } = disk.stat(path) ?? {};
    return kind === 'file' && bytes! <= fileBytesMax ? parse(disk.readFile(path)) : undefined;
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** A controller that was killed took nothing back: where there are many, those go whose state is gone. */
function makeRoom(disk: Disk, directory: string): void {
  const names = disk.list(directory);
  if (names.length < filesMax / 2) return;
  for (const name of names) {
    const announced = read(disk, `${directory}/${name}`);
    if (announced !== undefined && disk.stat(announced.tokenFile) === undefined) disk.remove(`${directory}/${name}`);
  }
}

/** Announces a controller until the returned handle is disposed. */
export function announce(
  disk: Disk,
  directory: string,
  stateDirectory: string,
  announcement: Announcement,
): Disposable {
  const name = `${sha256Hex(stateDirectory).slice(0, 16)}.json`;
  makeDirectoryDurably(disk, directory);
  makeRoom(disk, directory);
  writeFileDurably(disk, directory, name, new TextEncoder().encode(`${JSON.stringify(announcement, undefined, 2)}\n`));
  return { [Symbol.dispose]: () => disk.remove(`${directory}/${name}`) };
}

/** The controllers that announced themselves; what can't be read is passed over. */
export function readAnnouncements(disk: Disk, directory: string): readonly Announcement[] {
  try {
    const names = disk.list(directory).slice(0, filesMax);
    return names.flatMap((name) => read(disk, `${directory}/${name}`) ?? []);
  } catch (error) {
    if (error instanceof DiskError) return [];
    throw error;
  }
}
