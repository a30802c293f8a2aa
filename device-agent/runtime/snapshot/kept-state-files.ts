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
import { writeFileAside } from '../../../platform/durable-file.ts';
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

/** The files of one application; a power cut leaves the old one or the new. */
export class KeptStateFiles {
  readonly #disk: Disk;
  readonly #directory: string;

  /** Removes from the directory, which is its own, what a power cut left of writes. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
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
  read(name: StateName, bytesMax: number): Uint8Array {
    const path = `${this.#directory}/${fileName(name)}`;
    const bytes = this.#disk.stat(path)?.bytes ?? 0;
    if (bytes > bytesMax) throw new SnapshotError(`it has ${bytes} bytes, at most ${bytesMax} may be had here`);
    return this.#disk.readFile(path);
  }

  /** Durable when it is over, which the thread does not wait for; it takes the place of those of other lineages. */
  write(name: StateName, bytes: Uint8Array): void | Promise<void> {
    const writing = writeFileAside(this.#disk, this.#directory, fileName(name), bytes);
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
