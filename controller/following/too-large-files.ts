/** What git holds, and nobody reads for its length: a commit that needs it is refused, for no other look at it ends otherwise. */
import type { Problem } from '../../schemas/generated/types.ts';
import { SourceError } from '../source/source-error.ts';

/** The files of a tree that an error says to be too large; none where it is about something else. */
export function tooLargeFiles(error: unknown, files: Iterable<readonly [path: string, blob: string]>): Problem[] {
  if (!(error instanceof SourceError) || error.code !== 'TOO_LARGE') return [];
  const named = Iterator.from(files).filter(([, blob]) => blob === error.object);
  return Array.from(named, ([file]) => ({ file, code: 'FILE_TOO_LARGE', message: error.message }));
}
