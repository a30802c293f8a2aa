/**
 * States of one application's instances, in a directory of its own:
 *
 *     SHA256-LINEAGE.snapshot   SHA256-LINEAGE.exported
 *
 * by the digest of the module and by the deployment that brought it into its place, 0 where that did not take over from another:
 * a state that was left by an earlier reign of the same module is not mistaken for that of this one.
 */
import { SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import { andThen } from '../../../platform/and-then.ts';
import { writePiecesAside } from '../../../platform/durable-file.ts';
import type { Disk } from '../../../platform/ports.ts';
import type { KeptState } from './kept-state.ts';

/** Which state it is. */
export interface StateName {
  readonly sha256: string;
  readonly lineage: number;
  readonly kind: KeptState['kind'];
}

const shape = /^([0-9a-f]{64})-(\d{1,16})\.(snapshot|exported)$/;
const fileName = ({ sha256, lineage, kind }: StateName): string => `${sha256}-${lineage}.${kind}`;

/** Read at a time, in much less than a millisecond. */
const pieceBytes = 262_144;

function* piecesOf(disk: Disk, path: string): Generator<Uint8Array, void, void> {
  using file = disk.open(path, 'read');
  for (let at = 0; ; ) {
    const piece = file.read(at, pieceBytes);
    if (piece.length === 0) return;
    at += piece.length;
    yield piece;
  }
}

/** The files of one application; a power cut leaves the old one or the new. */
export class KeptStateFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #pause: () => Promise<void>;

  /** Removes from the directory, which is its own, what a power cut left of writes. `pause` lets others run amid a long one. */
  constructor(disk: Disk, directory: string, pause: () => Promise<void>) {
    this.#disk = disk;
    this.#directory = directory;
    this.#pause = pause;
    for (const name of disk.list(directory)) if (!shape.test(name)) disk.remove(`${directory}/${name}`);
  }

  /** Those of a module, the newest lineage first. */
  of(sha256: string): readonly StateName[] {
    return this.#disk
      .list(this.#directory)
      .flatMap((name): StateName[] => {
        const [, digest, lineage, kind] = shape.exec(name) ?? [];
        return digest === sha256 ? [{ sha256, lineage: Number(lineage), kind: kind as StateName['kind'] }] : [];
      })
      .sort((one, other) => other.lineage - one.lineage);
  }

  /** Throws a SnapshotError where it is larger than it may be. */
  read(name: StateName, bytesMax: number): Pick<KeptState, 'length' | 'pieces'> {
    const path = `${this.#directory}/${fileName(name)}`;
    const length = this.#disk.stat(path)?.bytes ?? 0;
    if (length > bytesMax) throw new SnapshotError(`it has ${length} bytes, at most ${bytesMax} may be had here`);
    return { length, pieces: () => piecesOf(this.#disk, path) };
  }

  /** Durable when it is over, which the thread does not wait for; it takes the place of those of other lineages. */
  write(name: StateName, pieces: readonly Uint8Array[]): void | Promise<void> {
    const writing = writePiecesAside(this.#disk, this.#directory, fileName(name), pieces, this.#pause);
    return andThen(writing, () => this.#removeOthers(name));
  }

  #removeOthers(name: StateName): void {
    const others = this.of(name.sha256).filter(({ kind, lineage }) => kind === name.kind && lineage !== name.lineage);
    for (const other of others) this.remove(other);
  }

  remove(name: StateName): void {
    this.#disk.remove(`${this.#directory}/${fileName(name)}`);
  }
}
