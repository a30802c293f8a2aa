import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';

/** So deep, paths are shorter than any system's longest. */
const depthMax = 8;

/** Moves the directories that lie deep below `top` up into it; gives where they are now. */
function* lifted(top: string, directory: string, depth: number): Generator<string, void, void> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const below = `${directory}/${entry.name}`;
    if (depth < depthMax) yield* lifted(top, below, depth + 1);
    else {
      const place = `${top}/${randomUUID()}`;
      renameSync(below, place);
      yield place;
    }
  }
}

/**
 * Removes a file or a whole directory, however deep: removing holds a descriptor for each directory on its way down, and a guest
 * may have made more of them below each other than a process may open.
 */
export function removeTree(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    const left = [path];
    for (let next = left.pop(); next !== undefined; next = left.pop()) left.push(...lifted(path, next, 1));
  }
  rmSync(path, { recursive: true, force: true });
}
