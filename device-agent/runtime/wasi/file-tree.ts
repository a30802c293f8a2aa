/** What an application may see of files: a read-only tree in memory. There is no way from here to the machine's disk. */
import { CallFailure, errno } from './errno.ts';

/** A file of the tree. */
export interface TreeFile {
  readonly kind: 'file';
  readonly inode: bigint;
  readonly bytes: Uint8Array;
}

/** A directory of the tree; `parent` is the directory itself at the top, so that nothing leads out. */
export interface TreeDirectory {
  readonly kind: 'directory';
  readonly inode: bigint;
  readonly entries: ReadonlyMap<string, TreeNode>;
}

export type TreeNode = TreeFile | TreeDirectory;

/** A directory with these files in it and nothing else. */
export function directoryOf(files: Readonly<Record<string, Uint8Array>>): TreeDirectory {
  const entries = Object.entries(files).map(
    ([name, bytes], index) => [name, { kind: 'file', inode: BigInt(index + 2), bytes }] as const,
  );
  return { kind: 'directory', inode: 1n, entries: new Map(entries) };
}

const pathBytesMax = 4096;

function decodePath(bytes: Uint8Array): string {
  if (bytes.length > pathBytesMax) throw new CallFailure(errno.nameTooLong);
  try {
    // A copy, because the guest's memory may be shared, which a decoder refuses.
    const path = new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice());
    if (!path.includes('\0')) return path;
  } catch {
    throw new CallFailure(errno.badSequence);
  }
  throw new CallFailure(errno.badSequence);
}

/** What `path` names below `base`. Absolute paths and paths that climb above `base` fail with ENOTCAPABLE. */
export function resolvePath(base: TreeDirectory, pathBytes: Uint8Array): TreeNode | undefined {
  const path = decodePath(pathBytes);
  if (path === '') throw new CallFailure(errno.noEntry);
  if (path.startsWith('/')) throw new CallFailure(errno.notCapable);
  const way: TreeDirectory[] = [base];
  let node: TreeNode | undefined = base;
  for (const part of path.split('/')) {
    if (node === undefined) throw new CallFailure(errno.noEntry);
    if (node.kind === 'file') throw new CallFailure(errno.notDirectory);
    if (part === '' || part === '.') continue;
    if (part === '..') {
      way.pop();
      const above = way.at(-1);
      if (above === undefined) throw new CallFailure(errno.notCapable);
      node = above;
      continue;
    }
    node = node.entries.get(part);
    if (node?.kind === 'directory') way.push(node);
  }
  return node;
}
