import { makeDirectoryDurably, writeFileDurably } from '../../../platform/durable-file.ts';
import type { Disk } from '../../../platform/ports.ts';
import { conflictMessage, isInConflict } from '../merge-conflict.ts';
import { isTrustFile, type TrustFiles } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';

/** A fleet repository checked out on a disk. */
export interface WorkTree {
  readonly disk: Disk;
  /** The top of the repository, absolute. */
  readonly directory: string;
  /** States of its signed metadata that are known from elsewhere: what a signature stands on is held against them. */
  readonly known?: readonly KnownTrust[];
}

/** Signed metadata, and where it was found, for messages; nothing of it is believed before it verifies. */
export interface KnownTrust {
  readonly where: string;
  readonly files: TrustFiles;
}

/** A file of the work tree; undefined when there is none. */
export function readWorkFile({ disk, directory }: WorkTree, path: string): Uint8Array | undefined {
  const absolute = `${directory}/${path}`;
  return disk.stat(absolute)?.kind === 'file' ? disk.readFile(absolute) : undefined;
}

/** A file of signed metadata; undefined when there is none. Refuses what git left of two sides. */
export function readMetadataFile(tree: WorkTree, path: string): Uint8Array | undefined {
  const bytes = readWorkFile(tree, path);
  if (bytes === undefined || !isInConflict(bytes)) return bytes;
  throw new AuthoringError('MERGE_CONFLICT', `${conflictMessage(path)}. Nothing was signed`);
}

/** Writes a file of the work tree durably, with the folders on the way. */
export function writeWorkFile({ disk, directory }: WorkTree, path: string, bytes: Uint8Array): void {
  const absolute = `${directory}/${path}`;
  const cut = absolute.lastIndexOf('/');
  makeDirectoryDurably(disk, absolute.slice(0, cut));
  writeFileDurably(disk, absolute.slice(0, cut), absolute.slice(cut + 1), bytes);
}

/** Removes a file of the work tree durably; nothing happens when there is none. */
export function removeWorkFile({ disk, directory }: WorkTree, path: string): void {
  const absolute = `${directory}/${path}`;
  if (disk.stat(absolute) === undefined) return;
  disk.remove(absolute);
  disk.syncDirectory(absolute.slice(0, absolute.lastIndexOf('/')));
}

/** Names in a folder of the work tree, sorted; none when there is no such folder. */
export function listWorkFolder({ disk, directory }: WorkTree, path: string): string[] {
  const absolute = `${directory}/${path}`;
  return disk.stat(absolute)?.kind === 'directory' ? disk.list(absolute) : [];
}

/** All signed metadata of the work tree. */
export function readTrustFiles(tree: WorkTree): TrustFiles {
  const paths = ['trust', 'trust/roles'].flatMap((folder) =>
    listWorkFolder(tree, folder).map((name) => `${folder}/${name}`),
  );
  const files = new Map<string, Uint8Array>();
  for (const path of paths.filter(isTrustFile)) {
    const bytes = readWorkFile(tree, path);
    if (bytes !== undefined) files.set(path, bytes);
  }
  return files;
}
