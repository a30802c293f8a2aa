/** Up to where the shore has what channels had to say: what is remembered so that nothing is taken twice. */
import type { Draft } from './draft.ts';
import type { MessagesTakenEvent } from './events.ts';
import type { ChannelMark, ChannelMarks } from './records.ts';

/** Channels of one device that are remembered. What is said of one that was forgotten may come out a second time. */
export const channelsMax = 64;

/** Whether the shore had that already when it had `mark`. Segments of a stream come in order; of another stream nothing is known. */
export function isBehind(
  { stream, segment, index }: Pick<ChannelMark, 'stream' | 'segment' | 'index'>,
  mark: ChannelMark | undefined,
): boolean {
  if (mark?.stream !== stream) return false;
  return segment < mark.segment || (segment === mark.segment && index <= mark.index);
}

/** The marks that were set last. */
function newest(marks: ChannelMarks): ChannelMarks {
  const all = Object.entries(marks);
  if (all.length <= channelsMax) return marks;
  return Object.fromEntries(all.sort(([, left], [, right]) => right.at - left.at).slice(0, channelsMax));
}

/** Remembers it, unless more is remembered already. */
export function noteTaken(draft: Draft, { device, channel, mark }: Omit<MessagesTakenEvent, 'kind'>): void {
  const before = draft.marks(device);
  if (isBehind(mark, Object.hasOwn(before, channel) ? before[channel] : undefined)) return;
  draft.put({ kind: 'marks', name: device, marks: newest({ ...before, [channel]: mark }) });
}
