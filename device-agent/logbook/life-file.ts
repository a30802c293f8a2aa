import type { Disk } from '../../platform/ports.ts';
import { readNote, writeNote, writeNoteDurably } from '../outbox/files/note.ts';
import type { LifeNote } from './past-life.ts';

/** Numbers have so many parts of one: an allowance is no whole number. */
const parts = 1_000;

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

  /** What the life before left; undefined where there was none, `torn` where it is not whole. */
  read(): LifeNote | 'torn' | undefined {
    const numbers = readNote(this.#disk, this.#path, 6);
    if (numbers === undefined) return this.#disk.stat(this.#path) === undefined ? undefined : 'torn';
    const [stopped, aliveMs, machine, left, atMs, passedOver] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return { isStopped: stopped === 1, aliveMs, machine, starts: { left: left / parts, atMs, passedOver } };
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

function numbersOf({ isStopped, aliveMs, machine, starts }: LifeNote): readonly number[] {
  const [alive, at] = [aliveMs, starts.atMs].map((ms) => Math.max(0, Math.trunc(ms))) as [number, number];
  return [isStopped ? 1 : 0, alive, machine, Math.floor(starts.left * parts), at, starts.passedOver];
}
