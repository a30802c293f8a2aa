/** Where repositories on this machine keep what is theirs. */
import type { SourceFileSystem } from './source.ts';
import { codeOf, messageOf, SourceError } from './source-error.ts';

/** Text of a file, trimmed; undefined where there is none. */
export async function readText(fs: SourceFileSystem, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await fs.promises.readFile(path)).trim();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return undefined;
    throw new SourceError('UNREACHABLE', `${path}: ${messageOf(error)}`, error);
  }
}

function join(base: string, path: string): string {
  return path.startsWith('/') ? path : `${base}/${path}`;
}

/** Where a repository keeps what. They differ in a linked worktree only. */
export interface GitDirectories {
  /** Holds HEAD. */
  readonly own: string;
  /** Holds objects and branches. */
  readonly common: string;
}

/** The directories of the repository whose top, or bare directory, is `path`. */
export async function findGitDirectories(fs: SourceFileSystem, path: string): Promise<GitDirectories> {
  const both = (directory: string): GitDirectories => ({ own: directory, common: directory });
  if ((await readText(fs, `${path}/.git/HEAD`)) !== undefined) return both(`${path}/.git`);
  const link = (await readText(fs, `${path}/.git`))?.match(/^gitdir: (.*)$/)?.[1];
  if (link !== undefined) {
    const linked = join(path, link);
    // A linked worktree keeps only its own HEAD; everything else is in the common directory.
    const common = await readText(fs, `${linked}/commondir`);
    return common === undefined ? both(linked) : { own: linked, common: join(linked, common) };
  }
  if ((await readText(fs, `${path}/HEAD`)) !== undefined) return both(path);
  throw new SourceError('NOT_FOUND', `${path} is not a git repository`);
}
