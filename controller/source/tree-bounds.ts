/** How deep folders nest and how much is in them, which is bounded whoever looks: the same folder may stand in many places, for nothing. */
import { SourceError } from './source-error.ts';

/** Folders in folders; more is no fleet repository. */
export const treeDepthMax = 64;

/** Files and folders that a look comes upon. */
export const treeEntriesMax = 1_000_000;

/** What becomes of a tree with more. */
export function tooMany(folder: string): SourceError {
  const where = folder === '' ? '' : `: it came to ${folder}`;
  const message = `there are too many files and folders to look at, at most ${treeEntriesMax}${where}`;
  return new SourceError('FILES_REFUSED', message, undefined, folder || '.');
}

/** What becomes of a tree with such a folder. */
export function tooDeep(folder: string): SourceError {
  return new SourceError('FILES_REFUSED', `${folder}: folders nest deeper than ${treeDepthMax}`, undefined, folder);
}

/** The folder that is too deep of those that a path leads through, if one is. */
export function tooDeepFolder(path: string): string | undefined {
  let at = -1;
  for (let depth = 0; depth <= treeDepthMax; depth += 1) {
    at = path.indexOf('/', at + 1);
    if (at === -1) return undefined;
  }
  return path.slice(0, at + 1);
}
