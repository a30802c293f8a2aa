/** `.fleetignore` at the top of a repository, in the syntax of gitignore: files that the fleet has nothing to do with. */
import ignore from 'ignore';
import { SourceError } from './source-error.ts';

/** The file's name; only the one at the top counts. */
export const fleetIgnoreFile = '.fleetignore';

const bytesMax = 65_536;
const patternsMax = 1_000;
/** Patterns become regular expressions, whose cost grows with every star. */
const starsMax = 4;

/** What must be read whoever ignores it: without it nothing can be judged. */
const neverIgnored = /^(trust|releases)\//;

export type IsIgnored = (path: string) => boolean;

/** Nothing is ignored. */
export const ignoreNothing: IsIgnored = () => false;

function refuse(what: string): SourceError {
  return new SourceError('FILES_REFUSED', `${fleetIgnoreFile}${what}`, undefined, fleetIgnoreFile);
}

/** What becomes of a `.fleetignore` that is too long even to be looked at, and of other trouble with it what it is. */
export function ignoreTrouble(error: unknown): unknown {
  const isTooLarge = error instanceof SourceError && error.code === 'TOO_LARGE';
  return isTooLarge ? refuse(` has far too many bytes; at most ${bytesMax} are read`) : error;
}

/** Reads a `.fleetignore`. Throws `SourceError` `FILES_REFUSED` for one that costs too much. */
export function parseFleetIgnore(bytes: Uint8Array): IsIgnored {
  if (bytes.length > bytesMax) throw refuse(` has ${bytes.length} bytes; at most ${bytesMax} are read`);
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (lines.length > patternsMax) throw refuse(` has ${lines.length} lines; at most ${patternsMax} are read`);
  const wild = lines.findIndex((line) => (line.replaceAll('**', '*').match(/\*/g) ?? []).length > starsMax);
  if (wild !== -1) throw refuse(`:${wild + 1}: a pattern may hold at most ${starsMax} stars`);
  const patterns = ignore().add(lines);
  return (path) => !neverIgnored.test(path) && patterns.ignores(path);
}
