import { randomUUID } from 'node:crypto';
import { lstatSync, opendirSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { Turn } from '../turn.ts';
import { nodeClock } from './clock.ts';

/** The thread is held up for about this long at a time by a tree that is removed aside. */
const stretchMs = 5;

/** Takes all out of a directory: files go, directories move up into `top` and are told. */
function* emptied(top: string, directory: string): Generator<string | undefined, void, void> {
  using entries = opendirSync(directory);
  for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
    const path = `${directory}/${entry.name}`;
    if (!entry.isDirectory()) {
      unlinkSync(path);
      yield undefined;
    } else if (directory === top) yield path;
    else {
      const place = `${top}/${randomUUID()}`;
      renameSync(path, place);
      yield place;
    }
  }
}

/**
 * Removes a file or a whole directory in small steps, however deep it is: going down would hold a descriptor for each directory on
 * the way, and a guest may have made more of them below each other than a process may open, or than a path is long.
 */
function* removal(path: string): Generator<void, void, void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return rmSync(path, { force: true });
  const left = [path];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const found of emptied(path, next)) {
      if (found !== undefined) left.push(found);
      yield;
    }
    if (next !== path) rmdirSync(next);
  }
  rmdirSync(path);
}

/** Removes a file or a whole directory. */
export function removeTree(path: string): void {
  for (const _step of removal(path));
}

/** The same while the thread is free for others. */
export async function removeTreeAside(path: string): Promise<void> {
  const turn = new Turn(nodeClock, stretchMs);
  for (const _step of removal(path)) if (turn.isOver()) await turn.pause();
}
