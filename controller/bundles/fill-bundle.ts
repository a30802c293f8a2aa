/** Which files devices that are served by hand need for what they are offered, of all that is published. */
import { deploymentKeysPath } from '../../artifact/trust/deployment-keys.ts';
import { takenFileName } from '../../schemas/bundle-file.ts';
import { deployedModules } from '../../schemas/deployed-modules.ts';
import type {
  BundledFile,
  DeployedApplication,
  LinkedModule,
  ReleaseIndex,
  Way,
} from '../../schemas/generated/types.ts';
import { isReleaseIndex } from '../../schemas/generated/validators/release-index.js';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { ChannelMarks } from '../engine/records.ts';
import { indexPath } from '../publishing/artifact-store.ts';
import { ArtifactError, type ArtifactFiles } from '../publishing/files/artifact-files.ts';
import { memberOf, pinnedVersion, readJson } from '../publishing/published-json.ts';
import { takenMarks } from './taken-marks.ts';

/** What one device is offered, and what it said that it runs. */
export interface Offer {
  readonly device: string;
  readonly sequence: number;
  readonly envelope: string;
  readonly applications: readonly DeployedApplication[];
  /** Releases, each as NAME/VERSION. */
  readonly runs: readonly string[];
  readonly marks: ChannelMarks;
}

/** What a bundle has in it. */
export interface BundleContent {
  readonly files: readonly BundledFile[];
  /** The text of those that may be others when somebody asks for them, or that no server has. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Where published files lie, and whether one is as it was written. */
export interface BundleParts {
  readonly files: Pick<ArtifactFiles, 'read' | 'size' | 'list'>;
  readonly isRight: (file: string, bytes: Uint8Array | undefined) => boolean;
}

/** Metadata, indexes and envelopes are smaller. */
const textBytesMax = 1024 * 1024;

/** The ways that serve a device with these modules: from each of them, and whole in the smallest form, should it have another by now. */
function usefulWays({ ways }: ReleaseIndex, bases: ReadonlySet<string>): readonly Way[] {
  const deltas = ways.filter(({ method, base }) => method === 'delta' && bases.has(base ?? ''));
  const [smallest] = ways.filter(({ method }) => method !== 'delta').sort((a, b) => a.length - b.length);
  return smallest === undefined ? deltas : [...deltas, smallest];
}

class BundleFilling {
  readonly #parts: BundleParts;
  readonly #files = new Map<string, BundledFile>();
  readonly #texts = new Map<string, string>();
  readonly #indexes = new Map<string, ReleaseIndex | undefined>();

  constructor(parts: BundleParts) {
    this.#parts = parts;
  }

  get content(): BundleContent {
    return { files: [...this.#files.values()], texts: this.#texts };
  }

  /** A file as it was written; without it there is no bundle. */
  async #read(name: string): Promise<Uint8Array> {
    const bytes = await this.#parts.files.read(name, textBytesMax);
    if (bytes !== undefined && this.#parts.isRight(name, bytes)) return bytes;
    throw new ArtifactError('ARTIFACT_DAMAGED', `${name} is not there as it was written; it is put again`);
  }

  #add(name: string, bytes: Uint8Array): void {
    this.#files.set(name, { name, length: bytes.length, sha256: sha256Hex(bytes) });
  }

  #addText(name: string, bytes: Uint8Array): void {
    this.#add(name, bytes);
    this.#texts.set(name, Buffer.from(bytes).toString('utf8'));
  }

  async #addBlob(sha256: string): Promise<boolean> {
    const name = `sha256/${sha256}`;
    const length = this.#files.get(name)?.length ?? (await this.#parts.files.size(name));
    if (length === undefined) return false;
    this.#files.set(name, { name, length, sha256 });
    return true;
  }

  async #addPinned(metadata: Uint8Array, role: string): Promise<Uint8Array | undefined> {
    const version = pinnedVersion(metadata, `${role}.json`);
    if (version === undefined) return undefined;
    const name = `tuf/${version}.${role}.json`;
    const bytes = await this.#read(name);
    this.#add(name, bytes);
    return bytes;
  }

  /** Roots since the first, for who slept through some; then what is in force of all that decides about these applications. */
  async addMetadata(applications: Iterable<string>): Promise<void> {
    const roots = (await this.#parts.files.list('tuf', 1)).filter((path) => /^tuf\/\d+\.root\.json$/.test(path));
    for (const name of roots) this.#add(name, await this.#read(name));
    const timestamp = await this.#read('tuf/timestamp.json');
    this.#addText('tuf/timestamp.json', timestamp);
    const snapshot = await this.#addPinned(timestamp, 'snapshot');
    if (snapshot === undefined) return;
    const targets = await this.#addPinned(snapshot, 'targets');
    for (const application of applications) await this.#addPinned(snapshot, application);
    const keys = memberOf(targets, 'targets', deploymentKeysPath, 'hashes', 'sha256');
    if (typeof keys === 'string') await this.#addBlob(keys);
  }

  async #index(name: string): Promise<ReleaseIndex | undefined> {
    if (this.#indexes.has(name)) return this.#indexes.get(name);
    const bytes = await this.#parts.files.read(name, textBytesMax);
    const value = bytes !== undefined && this.#parts.isRight(name, bytes) ? readJson(bytes) : undefined;
    const index = isReleaseIndex(value) ? value : undefined;
    this.#indexes.set(name, index);
    return index;
  }

  async #basesOf(release: string, runs: readonly string[]): Promise<ReadonlySet<string>> {
    const bases = new Set<string>();
    for (const one of runs.filter((one) => one.startsWith(`${release}/`))) {
      const index = await this.#index(`releases/${one}.json`);
      if (index !== undefined) bases.add(index.sha256);
    }
    return bases;
  }

  async #addModule(module: LinkedModule, runs: readonly string[]): Promise<void> {
    const name = indexPath(module);
    const index = await this.#index(name);
    if (index === undefined) {
      await this.#addBlob(module.sha256);
      return;
    }
    this.#addText(name, new TextEncoder().encode(JSON.stringify(index)));
    for (const { sha256 } of usefulWays(index, await this.#basesOf(module.name, runs))) await this.#addBlob(sha256);
  }

  /** What the shore has of what a device had to say. */
  #addTaken(device: string, marks: ChannelMarks): void {
    const taken = takenMarks(marks);
    if (taken !== undefined) this.#addText(takenFileName(device), new TextEncoder().encode(JSON.stringify(taken)));
  }

  async addOffer({ device, envelope, applications, runs, marks }: Offer): Promise<void> {
    this.#addTaken(device, marks);
    const bytes = new TextEncoder().encode(envelope);
    const sha256 = sha256Hex(bytes);
    // One that travels inside the shadow lies nowhere else.
    if (!(await this.#addBlob(sha256))) this.#addText(`sha256/${sha256}`, bytes);
    for (const module of applications.flatMap(deployedModules))
      if (!runs.includes(`${module.name}/${module.version}`)) await this.#addModule(module, runs);
  }
}

/** What these devices need for what they are offered. Rejects with `ArtifactError` where something of it is not there. */
export async function fillBundle(offers: readonly Offer[], parts: BundleParts): Promise<BundleContent> {
  const filling = new BundleFilling(parts);
  const modules = offers.flatMap(({ applications }) => applications.flatMap(deployedModules));
  await filling.addMetadata(new Set(modules.map(({ name }) => name)));
  for (const offer of offers) await filling.addOffer(offer);
  return filling.content;
}
