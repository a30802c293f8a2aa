import { memoryDirectory } from './memory-directory.ts';
import { OpenDirectory } from './open-directory.ts';
import type { OpenStream, StreamEntries } from './open-stream.ts';
import { openMax, Quota } from './quota.ts';

function readOnly(files: Readonly<Record<string, Uint8Array>>, streams?: StreamEntries): OpenDirectory {
  const quota = new Quota({ bytesMax: 0, entriesMax: 0, openMax }, { bytes: 0, entries: 0 });
  return new OpenDirectory(memoryDirectory(files), { isWritable: false, quota, ...(streams && { streams }) });
}

/** A directory of files that nobody writes to, in memory. */
export function fileDirectory(files: Readonly<Record<string, Uint8Array>>): OpenDirectory {
  return readOnly(files);
}

/** A directory of streams: these names are listed, and `open` gives what any name opens as, or undefined where it is none. */
export function streamDirectory(
  names: Iterable<string>,
  open: (name: string) => OpenStream | undefined,
): OpenDirectory {
  return readOnly(Object.fromEntries([...names].map((name) => [name, new Uint8Array(0)])), { open });
}
