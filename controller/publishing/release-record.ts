import type { PrivateKey, PublicKey } from '../../artifact/trust/keys.ts';
import type { Catalogue } from '../manifests/desired.ts';
import { ArtifactError, type ArtifactFiles } from './files/artifact-files.ts';
import {
  readReleaseNames,
  releaseNamesBytesMax,
  releaseNamesFile,
  withReleases,
  writeReleaseNames,
} from './release-names.ts';

/** The record of what releases meant, beside what is published. */
export class ReleaseRecord {
  readonly #files: ArtifactFiles;
  readonly #key: PrivateKey;
  readonly #path = `tuf/${releaseNamesFile}`;
  /** As it was written, or found, by this process: what is put in its place there counts for nothing. */
  #known: Uint8Array | undefined;

  constructor(files: ArtifactFiles, key: PrivateKey) {
    this.#files = files;
    this.#key = key;
  }

  /** Whether these bytes are one that is signed by this controller's key. */
  isOurs(bytes: Uint8Array): boolean {
    return readReleaseNames(bytes, [this.#key.publicKey]) !== undefined;
  }

  /** What is known of it, else what lies there, whoever signed it. */
  async read(): Promise<Uint8Array | undefined> {
    const there = await this.#stored();
    if (there !== undefined && this.isOurs(there)) this.#known = there;
    return this.#known ?? there;
  }

  /** What lies there; what is too large was not written here. */
  async #stored(): Promise<Uint8Array | undefined> {
    try {
      return await this.#files.read(this.#path, releaseNamesBytesMax);
    } catch (error) {
      if (error instanceof ArtifactError && error.code === 'ARTIFACT_TOO_LARGE') return undefined;
      throw error;
    }
  }

  /** Before these are in force; durable when it resolves. A record that none of these signed begins anew. */
  async note(releases: Catalogue, signers: readonly PublicKey[]): Promise<void> {
    const before = await this.read();
    const names = before && readReleaseNames(before, signers);
    const after = writeReleaseNames(withReleases(names ?? new Map(), releases), this.#key);
    const there = await this.#stored();
    if (there === undefined || !Buffer.from(there).equals(after)) await this.#files.write(this.#path, after);
    this.#known = after;
  }
}
