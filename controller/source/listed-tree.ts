/** All that is below a tree, as the git program lists it: `MODE TYPE OID TAB PATH NUL` for each. */

/** An entry that is no folder. */
export interface ListedEntry {
  /** From the tree. */
  readonly path: string;
  readonly oid: string;
  readonly mode: string;
}

/** What makes the program list so. */
export const listingArguments = ['ls-tree', '-r', '-z', '--full-tree'] as const;

const oidDigits = 40;
const modeDigits = 6;

/**
 * Names that git may keep and not everybody takes: with a backslash, `.`, `..`, `.git` and what file systems take for it. Some that
 * are harmless are among them.
 */
const doubtfulName = /[\\\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]|[\t/]\.(?:\.?|git[. ]*)[/\0:]|[\t/]\.?git~/i;

/** Whether somebody who knows which names are taken should look at the tree instead. */
export function hasDoubtfulName(listing: string): boolean {
  return doubtfulName.test(listing);
}

/** The entries in the order of git. */
export function* readListing(listing: string): Iterable<ListedEntry> {
  for (let at = 0; at < listing.length; ) {
    const [tab, end] = [listing.indexOf('\t', at), listing.indexOf('\0', at)];
    const [mode, oid] = [listing.slice(at, at + modeDigits), listing.slice(tab - oidDigits, tab)];
    yield { mode, oid, path: listing.slice(tab + 1, end) };
    at = end + 1;
  }
}
