/** How deep folders nest, which is bounded whoever looks. */
import { SourceError } from './source-error.ts';

/** Folders in folders; more is no fleet repository. */
export const treeDepthMax = 64;

/** What becomes of a tree with such a folder. */
export function tooDeep(folder: string): SourceError {
  return new SourceError('UNSUPPORTED', `${folder}: folders nest deeper than ${treeDepthMax}`);
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
