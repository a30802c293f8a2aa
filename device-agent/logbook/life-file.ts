import type { Disk } from '../../platform/ports.ts';
import { readNote, writeNote, writeNoteDurably } from '../outbox/files/note.ts';
import type { LifeNote } from './past-life.ts';

/** The file in which a life of the agent says that it lives, and that it was told to stop. */
export class LifeFile {
  readonly #path: string;
  readonly #directory: string;
  readonly #disk: Disk;

  constructor(directory: string, disk: Disk) {
    this.#path = `${directory}/life`;
    this.#directory = directory;
    this.#disk = disk;
  }

  /** What the life before left; undefined where there was none, or a power cut tore it. */
  read(): LifeNote | undefined {
    const [stopped, aliveMs, machine] = readNote(this.#disk, this.#path, 3) ?? [];
    if (stopped === undefined || aliveMs === undefined || machine === undefined) return undefined;
    return { isStopped: stopped === 1, aliveMs, machine };
  }

  /** It begins or ends: that is durable, for a cut that follows must not look like what was before. */
  turn(note: LifeNote): void {
    writeNoteDurably(this.#disk, this.#path, numbersOf(note));
    this.#disk.syncDirectory(this.#directory);
  }

  /** It lives on. */
  beat(note: LifeNote): void {
    writeNote(this.#disk, this.#path, numbersOf(note));
  }
}

function numbersOf({ isStopped, aliveMs, machine }: LifeNote): readonly number[] {
  return [isStopped ? 1 : 0, Math.max(0, Math.trunc(aliveMs)), machine];
}
