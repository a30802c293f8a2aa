/** Entries of trees, as the git program tells them. */

/** An entry of a tree. */
export interface ListedEntry {
  /** From the tree. */
  readonly path: string;
  readonly oid: string;
  readonly mode: string;
}

/** What became of one path between two trees; a side on which there is nothing is absent. */
export interface EntryChange {
  readonly path: string;
  readonly before?: Omit<ListedEntry, 'path'>;
  readonly after?: Omit<ListedEntry, 'path'>;
}

/** What the mode of a folder is. */
export const folderMode = '040000';

/** Has the program tell of one path of a tree `MODE TYPE OID TAB PATH NUL`, or the same of all that is below a tree. */
export const entryArguments = ['--literal-pathspecs', 'ls-tree', '-z', '--full-tree'] as const;
export const listingArguments = [...entryArguments, '-r'] as const;

/** Has it tell of two trees `:MODE MODE OID OID STATUS NUL PATH NUL` for each path that differs. */
export const comparingArguments = [
  'diff-tree',
  '-r',
  '-z',
  '--raw',
  '--no-renames',
  '--ignore-submodules=none',
] as const;

const oidDigits = 40;
const modeDigits = 6;

/** What stands for a side on which there is nothing. */
const noMode = '000000';

/**
 * Names that git may keep and not everybody takes: with a backslash, `.`, `..`, `.git` and what file systems take for it. Some that
 * are harmless are among them.
 */
const doubtfulName =
  /[\\\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]|[\t\0/]\.(?:\.?|git[. ]*)[/\0:]|[\t\0/]\.?git~/i;

/** Whether somebody who knows which names are taken should look at the trees instead. */
export function hasDoubtfulName(told: string): boolean {
  return doubtfulName.test(told);
}

/** The mode of most entries: one text for all of them. */
const usualMode = '100644';

/** The entries in the order of git. */
export function* readListing(told: string): Iterable<ListedEntry> {
  for (let at = 0; at < told.length; ) {
    const [tab, end] = [told.indexOf('\t', at), told.indexOf('\0', at)];
    const mode = told.startsWith(usualMode, at) ? usualMode : told.slice(at, at + modeDigits);
    const oid = told.slice(tab - oidDigits, tab);
    yield { mode, oid, path: told.slice(tab + 1, end) };
    at = end + 1;
  }
}

/** What differs, in the order of git. */
export function* readComparison(told: string): Iterable<EntryChange> {
  for (let at = 0; at < told.length; ) {
    const path = told.indexOf('\0', at) + 1;
    const end = told.indexOf('\0', path);
    const [oldMode = '', nowMode = '', oldOid = '', nowOid = ''] = told.slice(at + 1, path - 1).split(' ');
    yield {
      path: told.slice(path, end),
      ...(oldMode === noMode ? {} : { before: { mode: oldMode, oid: oldOid } }),
      ...(nowMode === noMode ? {} : { after: { mode: nowMode, oid: nowOid } }),
    };
    at = end + 1;
  }
}
