/** The rights of preview 1 by what they permit; each is the bit of its position. */
const names = [
  'dataSync', 'read', 'seek', 'setFlags', 'sync', 'tell', 'write', 'advise', 'allocate', 'createDirectory', 'createFile',
  'linkSource', 'linkTarget', 'open', 'readDirectory', 'readLink', 'renameSource', 'renameTarget', 'statPath',
  'setSizePath', 'setTimesPath', 'stat', 'setSize', 'setTimes', 'symlink', 'removeDirectory', 'unlinkFile', 'poll',
  'shutdown', 'accept',
] as const; // biome-ignore format: a table

/** Each right as a bit. */
export const right = Object.fromEntries(names.map((name, bit) => [name, 1n << BigInt(bit)])) as Readonly<
  Record<(typeof names)[number], bigint>
>;

const reading = right.read | right.seek | right.tell | right.advise | right.stat | right.poll | right.setFlags;
const writing = right.write | right.allocate | right.setSize | right.setTimes | right.dataSync | right.sync;
const looking = right.open | right.readDirectory | right.readLink | right.statPath | right.stat | right.setFlags;
const changing =
  right.createDirectory | right.createFile | right.linkSource | right.linkTarget | right.renameSource |
  right.renameTarget | right.setSizePath | right.setTimesPath | right.setTimes | right.symlink |
  right.removeDirectory | right.unlinkFile | right.dataSync | right.sync; // biome-ignore format: a list

/** What may be done with a descriptor, and at most with what is opened below it. */
export interface Rights {
  readonly base: bigint;
  readonly inheriting: bigint;
}

/** Rights that are refused when they cannot be given; all others that are asked for are narrowed to what there is. */
export const demandedRights = right.read | right.write;

/** Rights that need the file to be open for writing. */
export const writersRights = writing;

/** At most what a regular file and a directory can have. */
export const fileRights = reading | writing;
export const directoryRights = looking | changing;

/** What a directory of streams gives: they are opened as if they were made or cut off, and nothing else is. */
const streamDirectoryRights: Rights = {
  base: looking | right.createFile | right.setSizePath,
  inheriting: looking | reading | writing,
};

/** What a granted directory gives. */
export function grantRights({ isWritable, hasStreams }: { isWritable: boolean; hasStreams: boolean }): Rights {
  if (hasStreams) return streamDirectoryRights;
  const base = isWritable ? directoryRights : looking;
  return { base, inheriting: base | (isWritable ? fileRights : reading) };
}

/** Without the right to seek, C libraries take it for a terminal and write line by line. */
export const streamRights = {
  input: { base: right.read | right.stat | right.poll | right.setFlags, inheriting: 0n },
  output: { base: right.write | right.stat | right.poll | right.setFlags, inheriting: 0n },
  connection: {
    base: right.read | right.write | right.stat | right.poll | right.setFlags | right.shutdown,
    inheriting: 0n,
  },
} as const;

/** A listener gives rights of connections to what it accepts. */
export const listenerRights: Rights = {
  base: right.accept | right.stat | right.poll | right.setFlags,
  inheriting: streamRights.connection.base,
};
