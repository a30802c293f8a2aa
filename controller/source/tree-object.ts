/** A tree as git keeps it: `MODE SP NAME NUL ID` for each entry, the id in bytes. */
import type { ListedEntry } from './listed-tree.ts';

const modeDigits = 6;
const idBytes = 20;

/** The entry of a folder's own that has this name; undefined where none has. */
export function entryNamed(tree: Uint8Array, name: string): ListedEntry | undefined {
  const bytes = Buffer.from(tree.buffer, tree.byteOffset, tree.length);
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const end = bytes.indexOf(0, space);
    if (space === -1 || end === -1) return undefined;
    const next = end + 1 + idBytes;
    if (bytes.toString('utf8', space + 1, end) === name)
      return {
        path: name,
        mode: bytes.toString('latin1', at, space).padStart(modeDigits, '0'),
        oid: bytes.toString('hex', end + 1, next),
      };
    at = next;
  }
  return undefined;
}
