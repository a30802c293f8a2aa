import { sha256Hex } from '../../schemas/sha256.ts';
import type { SignedOnline } from './online-memory.ts';
import { releaseNamesFile } from './release-names.ts';
import type { ReleaseRecord } from './release-record.ts';
import { rootFile, signedFile, type TrustFiles } from './trust-files.ts';
import type { TufFolder } from './tuf-folder.ts';

/** What is in force, read from where it is served, by its paths in a repository. */
export class PublishedFiles {
  readonly #folder: TufFolder;
  readonly #record: ReleaseRecord;
  #files: TrustFiles | undefined;
  /** By their served names: versions never change, so none is read twice, and the same arrays are judged once. */
  #versions: ReadonlyMap<string, Uint8Array> = new Map();

  constructor(folder: TufFolder, record: ReleaseRecord) {
    this.#folder = folder;
    this.#record = record;
  }

  /** What was signed last; what rotted, or was put in its place, is not among it. */
  async files(signed: SignedOnline): Promise<TrustFiles> {
    this.#files ??= await this.#read(signed);
    return this.#files;
  }

  /** Something else may be in force, or other bytes lie there. */
  forget(what: 'which' | 'all'): void {
    this.#files = undefined;
    if (what === 'all') this.#versions = new Map();
  }

  async #read({ roots, pins }: SignedOnline): Promise<TrustFiles> {
    const versions = new Map<string, Uint8Array>();
    const files = new Map<string, Uint8Array>();
    const take = async (path: string, file: string, sha256: string) => {
      const bytes = this.#versions.get(file) ?? (await this.#folder.read(file));
      if (bytes === undefined || sha256Hex(bytes) !== sha256) return;
      versions.set(file, bytes);
      files.set(path, bytes);
    };
    for (const [version, sha256] of roots) await take(rootFile(version), `${version}.root.json`, sha256);
    for (const [file, { version, sha256 }] of pins)
      await take(signedFile(file.slice(0, -'.json'.length)), `${version}.${file}`, sha256);
    this.#versions = versions;
    const names = await this.#record.read();
    return names === undefined ? files : files.set(releaseNamesFile, names);
  }
}
