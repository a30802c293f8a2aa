/** Fills parcels: which metadata and indexes a device would ask for next, by what was published. */
import { isReleaseIndex } from '../../schemas/generated/validators/release-index.js';
import {
  baseName,
  type ParcelFile,
  type ParcelRequest,
  packParcel,
  parcelBytesMax,
  parcelDeltaBytesMax,
  parcelFilesMax,
} from '../../schemas/parcel.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { ArtifactFiles } from './files/artifact-files.ts';
import { pinnedVersion, readJson } from './published-json.ts';

/** Where published files lie, and whether one is as it was written. */
export interface ParcelParts {
  readonly files: Pick<ArtifactFiles, 'read'>;
  readonly isRight: (file: string, bytes: Uint8Array | undefined) => boolean;
}

/** The smallest delta that an index has from a module that is there, if it is small. */
function smallDelta(index: Uint8Array | undefined, bases: readonly string[]): string | undefined {
  const value = index && readJson(index);
  if (!isReleaseIndex(value)) return undefined;
  const isThere = (base: string | undefined): boolean => base !== undefined && bases.includes(baseName(base));
  const [way] = value.ways
    .filter(({ method, base, length }) => method === 'delta' && length <= parcelDeltaBytesMax && isThere(base))
    .sort((a, b) => a.length - b.length);
  return way?.sha256;
}

/** The root after the newest that the device has, which is seldom there. */
function nextRootOf(has: readonly string[]): string | undefined {
  const version = has.map((name) => /^(\d+)\.root\.json$/.exec(name)?.[1]).find((one) => one !== undefined);
  return version === undefined ? undefined : `${Number(version) + 1}.root.json`;
}

class Filling {
  readonly #request: ParcelRequest;
  readonly #parts: ParcelParts;
  readonly #files: ParcelFile[] = [];
  #bytes = 0;

  constructor(request: ParcelRequest, parts: ParcelParts) {
    this.#request = request;
    this.#parts = parts;
  }

  /** What is damaged stays out: whoever asks for it by itself has it mended. */
  async read(name: string): Promise<ParcelFile | undefined> {
    const bytes = await this.#parts.files.read(name, parcelBytesMax);
    return this.#parts.isRight(name, bytes) ? { name, bytes } : undefined;
  }

  /** Puts it in where there is room; when there is none, nothing more is read. */
  async #add(name: string): Promise<Uint8Array | undefined> {
    if (this.#bytes > parcelBytesMax || this.#files.length === parcelFilesMax) return undefined;
    const file = await this.read(name);
    if (file === undefined) return undefined;
    this.#bytes += name.length + (file.bytes?.length ?? 0) + 5;
    if (this.#bytes <= parcelBytesMax) this.#files.push(file);
    return file.bytes;
  }

  async #addBlob(sha256: string): Promise<void> {
    const bytes = await this.#parts.files.read(`sha256/${sha256}`, parcelDeltaBytesMax);
    // One that is gone or damaged is asked for by itself, and mended.
    if (bytes === undefined || sha256Hex(bytes) !== sha256) return;
    await this.#add(`sha256/${sha256}`);
  }

  /** The version of a role that is in force; nothing where the device has it. */
  async #addPinned(metadata: Uint8Array | undefined, role: string): Promise<Uint8Array | undefined> {
    const version = pinnedVersion(metadata, `${role}.json`);
    if (version === undefined) return undefined;
    const name = `${version}.${role}.json`;
    if (!this.#request.has.includes(name)) return this.#add(`tuf/${name}`);
    return (await this.read(`tuf/${name}`))?.bytes;
  }

  async fill(): Promise<readonly ParcelFile[]> {
    const { has, releases, bases = [] } = this.#request;
    const root = nextRootOf(has);
    if (root !== undefined) await this.#add(`tuf/${root}`);
    const snapshot = await this.#addPinned(await this.#add('tuf/timestamp.json'), 'snapshot');
    await this.#addPinned(snapshot, 'targets');
    // Each application has a role of its own, by its name.
    const applications = new Set(releases.map((release) => release.split('/')[0]!));
    for (const application of applications) await this.#addPinned(snapshot, application);
    for (const release of releases) {
      const delta = smallDelta(await this.#add(`releases/${release}.json`), bases);
      if (delta !== undefined) await this.#addBlob(delta);
    }
    return this.#files;
  }
}

/** Deflate looks back no further: of what a device says that it has, the rest is of no use. */
const lookBackBytes = 32 * 1024;

/** What of it serves as dictionary, the last first; the others stay undefined. */
async function dictionaryOf(has: readonly string[], filling: Filling): Promise<readonly (Uint8Array | undefined)[]> {
  const files = has.map((): Uint8Array | undefined => undefined);
  let bytes = 0;
  for (let at = has.length - 1; at >= 0 && bytes < lookBackBytes; at -= 1) {
    // A device was born with a root that may be written another way.
    if (has[at]!.endsWith('.root.json')) continue;
    files[at] = (await filling.read(`tuf/${has[at]}`))?.bytes;
    bytes += files[at]?.length ?? 0;
  }
  return files;
}

/** What a device lacks of metadata and indexes, packed over what it has. */
export async function fillParcel(request: ParcelRequest, parts: ParcelParts): Promise<Uint8Array> {
  const filling = new Filling(request, parts);
  const content = await filling.fill();
  return packParcel(content, await dictionaryOf(request.has, filling));
}
