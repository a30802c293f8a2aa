/**
 * `fleet agent carried`: takes what lies in a directory that somebody carried here, such as a stick, and leaves a receipt there. Nobody
 * looks on, and anybody may have written what lies there: nothing of it is followed, opened or named but plain files that are bundles.
 */
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import { type Clock, type Disk, DiskError, type LineDoors } from '../../platform/ports.ts';
import { openBundle } from '../carried/open-bundle.ts';
import { DownloadError } from '../download/download-error.ts';
import { askAboard } from './aboard-question.ts';
import { applyBundle } from './apply.ts';
import { writeReceipt } from './receipts.ts';

/** What the command works with. */
export interface CarriedPorts {
  readonly doors: Pick<LineDoors, 'ask'>;
  readonly disk: Disk;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
  /** Tells a line, in which a name may stand as it was found. */
  readonly print: (line: string) => void;
}

/** Files whose heads are read: each is a megabyte at most. */
const bundlesMax = 64;
const suffix = '.bundle';
/** A file that is being copied has grown by then. */
const copyMs = 5_000;
/** The agent may be starting too, when a device is switched on with a stick in it. */
const agentTriesMax = 60;
const agentMs = 1_000;

interface Found {
  readonly path: string;
  readonly sequence: number;
  readonly issuedAt: string;
}

/** What became of all that lay there. */
interface Tally {
  isFailed: boolean;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function nameOfDevice({ doors, clock, signal }: CarriedPorts, socket: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return (await askAboard(doors, socket, 'bundle', { ask: 'bundle' })).device;
    } catch (error) {
      if (tries === agentTriesMax) throw error;
      await clock.sleep(agentMs, signal);
    }
  }
}

/** What a bundle claims to have for a device; undefined where that is nothing. Throws `DownloadError`. */
function claimIn(disk: Disk, path: string, device: string): Found | undefined {
  using bundle = openBundle(disk, path);
  const { deployments, issuedAt } = bundle.statement;
  const mine = deployments.find((one) => one.device === device);
  return mine && { path, sequence: mine.sequence, issuedAt };
}

function isPartial(error: unknown): boolean {
  return error instanceof DownloadError && error.code === 'BUNDLE_PARTIAL';
}

/** The same of a file that may still be on its way here. */
async function claimOnceWhole({ disk, clock, signal }: CarriedPorts, path: string, device: string) {
  for (;;) {
    const { bytes } = disk.stat(path) ?? {};
    try {
      return claimIn(disk, path, device);
    } catch (error) {
      if (!isPartial(error)) throw error;
      await clock.sleep(copyMs, signal);
      if (disk.stat(path)?.bytes === bytes) throw error;
    }
  }
}

/** Those for this device, the newest first. */
async function bundlesFor(ports: CarriedPorts, directory: string, device: string, tally: Tally): Promise<Found[]> {
  const { disk, print } = ports;
  const names = disk.list(directory).filter((name) => name.endsWith(suffix) && !name.startsWith('.'));
  if (names.length > bundlesMax) print(`There are ${names.length} bundles; the first ${bundlesMax} are looked at.`);
  const found: Found[] = [];
  for (const name of names.slice(0, bundlesMax)) {
    const path = `${directory}/${name}`;
    const stat = disk.stat(path);
    if (stat?.kind !== 'file' || stat.isLink) {
      print(`${path} is no plain file: it is left alone.`);
      continue;
    }
    try {
      const claim = await claimOnceWhole(ports, path, device);
      if (claim !== undefined) found.push(claim);
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      tally.isFailed = true;
      print(`${error.message} (${error.code})`);
    }
  }
  return found.sort((a, b) => b.sequence - a.sequence || (a.issuedAt < b.issuedAt ? 1 : -1));
}

/** Takes the newest that is what it claims: what is older is not wanted any more. */
async function takeNewest(ports: CarriedPorts, socket: string, found: readonly Found[], tally: Tally): Promise<void> {
  for (const { path } of found) {
    try {
      ports.print((await applyBundle(ports, socket, path)).trimEnd());
      return;
    } catch (error) {
      tally.isFailed = true;
      ports.print(textOf(error));
    }
  }
}

/** In a directory of its own: who watches the one above for bundles is not woken by it. */
async function leaveReceipt(
  ports: CarriedPorts,
  socket: string,
  directory: string,
  device: string,
  tally: Tally,
): Promise<void> {
  const { disk, print } = ports;
  const place = `${directory}/receipts`;
  try {
    const stat = disk.stat(place);
    if (stat?.isLink) throw new Error(`${place} is a link, which is not followed`);
    makeDirectoryDurably(disk, place);
    const words = await writeReceipt(ports, socket, `${place}/${device}.receipt`);
    for (const line of words.trimEnd().split('\n')) print(line);
  } catch (error) {
    const isReadOnly = error instanceof DiskError && error.code === 'NOT_PERMITTED';
    tally.isFailed ||= !isReadOnly;
    print(`No receipt is left: ${textOf(error)}`);
  }
}

/** Whether nothing failed. Throws where the agent does not answer, or the directory can't be read. */
export async function takeCarried(ports: CarriedPorts, socket: string, directory: string): Promise<boolean> {
  const tally = { isFailed: false };
  const device = await nameOfDevice(ports, socket);
  const found = await bundlesFor(ports, directory, device, tally);
  if (found.length === 0) ports.print(`${directory} has no bundle for ${device}.`);
  await takeNewest(ports, socket, found, tally);
  await leaveReceipt(ports, socket, directory, device, tally);
  return !tally.isFailed;
}
