import { trustLimits } from '../../artifact/trust/limits.ts';
import { ArtifactError, type ArtifactFiles } from './files/artifact-files.ts';

/** The files of signed metadata, and of the record beside them, as they are served. */
export class TufFolder {
  readonly #files: ArtifactFiles;

  constructor(files: ArtifactFiles) {
    this.#files = files;
  }

  async list(): Promise<string[]> {
    return (await this.#files.list('tuf', 1)).map((path) => path.slice('tuf/'.length));
  }

  /** Undefined where nothing is; what is too large was not written here. */
  async read(file: string, bytesMax: number = trustLimits.targetsBytesMax): Promise<Uint8Array | undefined> {
    try {
      return await this.#files.read(`tuf/${file}`, bytesMax);
    } catch (error) {
      if (error instanceof ArtifactError && error.code === 'ARTIFACT_TOO_LARGE') return undefined;
      throw error;
    }
  }

  write(file: string, bytes: Uint8Array): Promise<void> {
    return this.#files.write(`tuf/${file}`, bytes);
  }

  /** Writes what is not there just so. */
  async put(file: string, bytes: Uint8Array): Promise<void> {
    const there = await this.read(file, bytes.length);
    if (there === undefined || !Buffer.from(there).equals(bytes)) await this.write(file, bytes);
  }

  remove(file: string): Promise<void> {
    return this.#files.remove(`tuf/${file}`);
  }
}
