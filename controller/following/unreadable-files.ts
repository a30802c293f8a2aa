/** What git holds, and nobody reads: a commit that has it is refused for that, as no other look at it ends otherwise. */
import type { Problem } from '../../schemas/generated/types.ts';
import type { SourceEvent } from '../source/source.ts';
import { SourceError } from '../source/source-error.ts';

/** The files of a tree that an error says to be too large; none where it is about something else. */
export function tooLargeFiles(error: unknown, files: Iterable<readonly [path: string, blob: string]>): Problem[] {
  if (!(error instanceof SourceError) || error.code !== 'TOO_LARGE') return [];
  const named = Iterator.from(files).filter(([, blob]) => blob === error.subject);
  return Array.from(named, ([file]) => ({ file, code: 'FILE_TOO_LARGE', message: error.message }));
}

/** What the source refused a commit for, where that is a file of it. */
export function refusedFile({ file, code, message }: Extract<SourceEvent, { readonly kind: 'refused' }>): Problem[] {
  return file === undefined ? [] : [{ file, code, message }];
}
