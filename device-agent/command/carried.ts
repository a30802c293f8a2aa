/**
 * `fleet agent carried`: takes what lies in a directory that somebody carried here, such as a stick, and leaves a receipt there. Nobody
 * looks on, and anybody may have written what lies there: nothing of it is followed, opened or named but plain files that are bundles.
 */
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import { type Clock, type Disk, DiskError, type LineDoors } from '../../platform/ports.ts';
import { openBundle } from '../carried/open-bundle.ts';
import { DownloadError } from '../download/download-error.ts';
import { AboardRefusal, askAboard } from './aboard-question.ts';
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
/** How often it is looked at: more may come while some is taken. */
const looksMax = 8;
/** Another bundle is taken no longer, mostly. */
const busyTriesMax = 120;
const busyMs = 5_000;
/** The agent may be starting too, when a device is switched on with a stick in it. */
const agentTriesMax = 60;
const agentMs = 1_000;

interface Found {
  readonly path: string;
  readonly sequence: number;
  readonly issuedAt: string;
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

/** Has one taken, once another that somebody applied is. */
async function applyInTurn(ports: CarriedPorts, socket: string, path: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await applyBundle(ports, socket, path);
    } catch (error) {
      const isBusy = error instanceof AboardRefusal && error.code === 'BUNDLE_BUSY';
      if (!isBusy || tries === busyTriesMax) throw error;
      await ports.clock.sleep(busyMs, ports.signal);
    }
  }
}

/** What lies there, and what became of it so far. */
class CarriedDirectory {
  readonly #ports: CarriedPorts;
  readonly #socket: string;
  readonly #directory: string;
  readonly #device: string;
  /** Names with the lengths that they had. */
  readonly #looked = new Set<string>();
  /** The newest deployment that was taken. */
  #taken = 0;
  isFailed = false;

  constructor(ports: CarriedPorts, socket: string, directory: string, device: string) {
    this.#ports = ports;
    this.#socket = socket;
    this.#directory = directory;
    this.#device = device;
  }

  /** Paths of bundles, by name. */
  #paths(): readonly string[] {
    const { disk, print } = this.#ports;
    const names = disk.list(this.#directory).filter((name) => name.endsWith(suffix) && !name.startsWith('.'));
    if (names.length > bundlesMax) print(`There are ${names.length} bundles; the first ${bundlesMax} are looked at.`);
    return names.slice(0, bundlesMax).map((name) => `${this.#directory}/${name}`);
  }

  #keyOf(path: string): string {
    return `${this.#ports.disk.stat(path)?.bytes} ${path}`;
  }

  #fail(words: string): void {
    this.isFailed = true;
    this.#ports.print(words);
  }

  /** One that nobody has looked at, where it has something for this device. */
  async #lookAt(path: string): Promise<readonly Found[]> {
    const { disk, print } = this.#ports;
    try {
      if (this.#looked.has(this.#keyOf(path))) return [];
      const { kind, isLink } = disk.stat(path) ?? {};
      const isPlain = kind === 'file' && isLink !== true;
      if (!isPlain) print(`${path} is no plain file: it is left alone.`);
      const claim = isPlain ? await claimOnceWhole(this.#ports, path, this.#device) : undefined;
      return claim === undefined ? [] : [claim];
    } catch (error) {
      if (!(error instanceof DownloadError || error instanceof DiskError)) throw error;
      this.#fail(error instanceof DownloadError ? `${error.message} (${error.code})` : error.message);
      return [];
    } finally {
      this.#noteLooked(path);
    }
  }

  /** A stick may be gone by now. */
  #noteLooked(path: string): void {
    try {
      this.#looked.add(this.#keyOf(path));
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
  }

  /** Takes the newest that is what it claims: what is older is not wanted any more. False where nothing new is there for this device. */
  async takeNewest(): Promise<boolean> {
    const found: Found[] = [];
    for (const path of this.#paths()) found.push(...(await this.#lookAt(path)));
    found.sort((a, b) => b.sequence - a.sequence || (a.issuedAt < b.issuedAt ? 1 : -1));
    for (const { path, sequence } of found) {
      if (sequence < this.#taken) break;
      try {
        this.#ports.print((await applyInTurn(this.#ports, this.#socket, path)).trimEnd());
        this.#taken = sequence;
        break;
      } catch (error) {
        this.#fail(error instanceof AboardRefusal ? `${path} is not taken: ${error.message}` : textOf(error));
      }
    }
    return found.length > 0;
  }

  /** In a directory of its own: who watches the one above for bundles is not woken by it. */
  async leaveReceipt(): Promise<void> {
    const { disk, print } = this.#ports;
    const place = `${this.#directory}/receipts`;
    try {
      if (disk.stat(place)?.isLink) throw new Error(`${place} is a link, which is not followed`);
      makeDirectoryDurably(disk, place);
      const words = await writeReceipt(this.#ports, this.#socket, `${place}/${this.#device}.receipt`);
      for (const line of words.trimEnd().split('\n')) print(line);
    } catch (error) {
      const isReadOnly = error instanceof DiskError && error.code === 'NOT_PERMITTED';
      this.isFailed ||= !isReadOnly;
      print(`No receipt is left: ${textOf(error)}`);
    }
  }
}

/** Whether nothing failed. Throws where the agent does not answer, or the directory can't be read. */
export async function takeCarried(ports: CarriedPorts, socket: string, directory: string): Promise<boolean> {
  const device = await nameOfDevice(ports, socket);
  const carried = new CarriedDirectory(ports, socket, directory, device);
  let looks = 0;
  // What comes meanwhile wakes nobody.
  while (looks < looksMax && (await carried.takeNewest())) looks += 1;
  if (looks === 0) ports.print(`${directory} has no bundle for ${device}.`);
  await carried.leaveReceipt();
  return !carried.isFailed;
}
