import type { Catalogue } from '../manifests/desired.ts';
import { ArtifactError, type ArtifactFiles } from './files/artifact-files.ts';
import {
  type ReleaseNames,
  readReleaseNames,
  releaseNamesBytesMax,
  releaseNamesFile,
  withReleases,
  writeReleaseNames,
} from './release-names.ts';

/** The record of what releases meant, beside what is published. */
export class ReleaseRecord {
  readonly #files: ArtifactFiles;
  readonly #path = `tuf/${releaseNamesFile}`;

  constructor(files: ArtifactFiles) {
    this.#files = files;
  }

  /** Undefined where there is none that can be read. */
  async read(): Promise<ReleaseNames | undefined> {
    try {
      const bytes = await this.#files.read(this.#path, releaseNamesBytesMax);
      return bytes && readReleaseNames(bytes);
    } catch (error) {
      if (error instanceof ArtifactError && error.code === 'ARTIFACT_TOO_LARGE') return undefined;
      throw error;
    }
  }

  /** Before these are in force; durable when it resolves. */
  async note(releases: Catalogue): Promise<void> {
    const names = await this.read();
    const after = withReleases(names ?? new Map(), releases);
    if (after !== names) await this.#files.write(this.#path, writeReleaseNames(after));
  }
}
