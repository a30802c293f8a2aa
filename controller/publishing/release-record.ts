import type { PrivateKey, PublicKey } from '../../artifact/trust/keys.ts';
import type { Catalogue } from '../manifests/desired.ts';
import type { OnlineMemory } from './online-memory.ts';
import {
  readReleaseNames,
  releaseNamesBytesMax,
  releaseNamesFile,
  withReleases,
  writeReleaseNames,
} from './release-names.ts';
import type { TufFolder } from './tuf-folder.ts';

/** Under which name the copy is kept. */
const memoryName = 'release-names';

/**
 * The record of what releases meant, beside what is published, and a copy of it in the controller's own memory: one of the two may
 * be lost, or be an older one that somebody put back.
 */
export class ReleaseRecord {
  readonly #folder: TufFolder;
  readonly #key: PrivateKey;
  readonly #memory: OnlineMemory;
  /** As it was written, or found, by this process: what is put in its place there counts for nothing. */
  #known: Uint8Array | undefined;
  /** The copy in memory, once it was asked for. */
  #kept: string | undefined;

  constructor(folder: TufFolder, key: PrivateKey, memory: OnlineMemory) {
    this.#folder = folder;
    this.#key = key;
    this.#memory = memory;
  }

  /** Whether these bytes are one that is signed by this controller's key. */
  isOurs(bytes: Uint8Array): boolean {
    return readReleaseNames(bytes, [this.#key.publicKey]) !== undefined;
  }

  /** What is known of it, else what lies there, whoever signed it: a controller with a new key has a record by the old one. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#known !== undefined) return this.#known;
    const there = await this.#folder.read(releaseNamesFile, releaseNamesBytesMax);
    this.#kept ??= await this.#memory.read(memoryName);
    const copies = [...(this.#kept === undefined ? [] : [new TextEncoder().encode(this.#kept)]), there];
    // Of two that are signed here the older one has fewer names.
    const namesOf = (bytes: Uint8Array) => readReleaseNames(bytes, [this.#key.publicKey])?.size ?? -1;
    const [longest] = copies.flatMap((bytes) => bytes ?? []).sort((one, other) => namesOf(other) - namesOf(one));
    if (longest !== undefined && this.isOurs(longest)) this.#known = longest;
    return longest;
  }

  /** Before these are in force; durable when it resolves. A record that none of these signed begins anew. */
  async note(releases: Catalogue, signers: readonly PublicKey[]): Promise<void> {
    const before = await this.read();
    const names = before && readReleaseNames(before, signers);
    const after = writeReleaseNames(withReleases(names ?? new Map(), releases), this.#key);
    await this.#folder.put(releaseNamesFile, after);
    this.#known = after;
    const text = new TextDecoder().decode(after);
    if (text === this.#kept) return;
    await this.#memory.write(memoryName, text);
    this.#kept = text;
  }
}
