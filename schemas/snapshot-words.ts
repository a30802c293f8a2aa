import type { SnapshotReport } from './generated/types.ts';

/** What is kept of an application's state, in a few words: `of 3m ago, 34 kB; it went on from one`. */
export function snapshotWords(
  { at, bytes, isRestored, isTakenOver, fault }: SnapshotReport,
  words: { readonly ageOf: (at: string) => string; readonly bytesOf: (bytes: number) => string },
): string {
  const parts = [
    ...(at === undefined ? [] : [`of ${words.ageOf(at)} ago, ${words.bytesOf(bytes ?? 0)}`]),
    ...(isRestored === true ? ['it went on from one at its start'] : []),
    ...(isTakenOver === true ? ['it took over the state of the release before it'] : []),
    ...(fault === undefined ? [] : [fault]),
  ];
  return parts.length === 0 ? 'none yet' : parts.join('; ');
}
