import type { EventCounts } from './generated/types.ts';

/** What became of an application's events, in a few words: `12 handled, 1 failed, 3 dropped`. */
export function eventWords({ handled = 0, failed = 0, dropped = 0, instances = 0, waiting = 0 }: EventCounts): string {
  const words = [
    ...(handled === 0 ? [] : [`${handled} handled`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(dropped === 0 ? [] : [`${dropped} dropped`]),
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
    ...(instances === 0 ? [] : [`${instances} at work`]),
  ];
  return words.length === 0 ? '0 handled' : words.join(', ');
}
