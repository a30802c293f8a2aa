import type { Descriptor } from './descriptors.ts';

const right = {
  read: 1n << 1n,
  seek: 1n << 2n,
  tell: 1n << 5n,
  write: 1n << 6n,
  advise: 1n << 7n,
  allocate: 1n << 8n,
  pathOpen: 1n << 13n,
  readDirectory: 1n << 14n,
  pathStat: 1n << 18n,
  stat: 1n << 21n,
  setSize: 1n << 22n,
  poll: 1n << 27n,
};

const ofFiles = right.read | right.seek | right.tell | right.advise | right.stat | right.poll;
const ofDirectories = right.pathOpen | right.readDirectory | right.pathStat | right.stat;

/** Rights that mean writing; asking for one when opening a read-only file is refused. */
export const writingRights = right.write | right.allocate | right.setSize;

/** What may be done with a descriptor, and at most with what is opened below it. */
export function rightsOf(descriptor: Descriptor): { readonly base: bigint; readonly inheriting: bigint } {
  switch (descriptor.kind) {
    case 'input':
      return { base: right.read | right.stat | right.poll, inheriting: 0n };
    case 'output':
      // Without the right to seek, C libraries take it for a terminal and write line by line.
      return { base: right.write | right.stat | right.poll, inheriting: 0n };
    case 'file':
      return { base: ofFiles, inheriting: 0n };
    case 'directory':
      return { base: ofDirectories, inheriting: ofDirectories | ofFiles };
    default:
      throw new Error(descriptor satisfies never);
  }
}
