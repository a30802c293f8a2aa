import { makeDirectoryDurably, openDirectoryDurably, writeFileDurably } from '../../../platform/durable-file.ts';
import { type Disk, DiskError } from '../../../platform/ports.ts';
import type { ByteRange } from '../byte-range.ts';
import { type ArtifactFiles, tooLarge } from './artifact-files.ts';

const pieceBytes = 64 * 1024;

/** Artifacts as plain files, so that any static web server could serve the directory. */
export class DirectoryFiles implements ArtifactFiles {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    openDirectoryDurably(disk, directory);
    for (const folder of disk.list(directory)) {
      if (disk.stat(`${directory}/${folder}`)?.kind === 'directory') disk.syncDirectory(`${directory}/${folder}`);
    }
  }

  async read(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const bytes = await this.size(path);
    if (bytes === undefined) return undefined;
    if (bytes > bytesMax) throw tooLarge(path, bytesMax);
    return this.#disk.readFile(`${this.#directory}/${path}`);
  }

  async size(path: string): Promise<number | undefined> {
    const stat = this.#disk.stat(`${this.#directory}/${path}`);
    return stat?.kind === 'file' ? stat.bytes : undefined;
  }

  async *open(path: string, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    using file = this.#disk.open(`${this.#directory}/${path}`, 'read');
    for (let at = start; at < end; ) {
      const piece = file.read(at, Math.min(pieceBytes, end - at));
      // The length was promised: a file that got shorter must end in a cut, not in a short answer.
      if (piece.length === 0) throw new DiskError('IO', path, `ends at ${at}, ${end} bytes were promised`);
      yield piece;
      at += piece.length;
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const cut = path.lastIndexOf('/');
    const folder = `${this.#directory}/${path.slice(0, cut)}`;
    makeDirectoryDurably(this.#disk, folder);
    writeFileDurably(this.#disk, folder, path.slice(cut + 1), bytes);
  }

  async list(folder: string, levels: 1 | 2): Promise<readonly string[]> {
    const path = `${this.#directory}/${folder}`;
    if (this.#disk.stat(path) === undefined) return [];
    const below = this.#disk.list(path).map((name) => `${folder}/${name}`);
    if (levels === 1) return below;
    return (await Promise.all(below.map((one) => this.list(one, 1)))).flat();
  }

  async remove(path: string): Promise<void> {
    this.#disk.remove(`${this.#directory}/${path}`);
  }
}
