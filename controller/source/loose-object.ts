/** How large an object is that lies in a file of its own, by its header alone: `TYPE SIZE NUL CONTENT`, compressed. */
import { constants, inflateSync } from 'node:zlib';
import type { SourceFileSystem } from './source.ts';

/** More than any header, compressed. */
const beginningBytes = 128;

/** Undefined where there is no such file, or it is damaged: whoever reads it says so. */
export async function looseBytes(fs: SourceFileSystem, gitDirectory: string, oid: string): Promise<number | undefined> {
  const path = `${gitDirectory}/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
  try {
    const compressed = await fs.promises.readFile(path);
    const beginning = inflateSync(compressed.subarray(0, beginningBytes), { finishFlush: constants.Z_SYNC_FLUSH });
    const digits = /^[a-z]+ (\d{1,15})\0/.exec(beginning.toString('latin1'))?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    // Not there, or not to be read: both are found again by who reads it.
    return undefined;
  }
}
