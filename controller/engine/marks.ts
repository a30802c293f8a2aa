/** Up to where the shore has what channels had to say: what is remembered so that nothing is taken twice. */
import type { Draft } from './draft.ts';
import type { Carriage, MessagesTakenEvent } from './events.ts';
import type { ChannelMark, ChannelMarks } from './records.ts';

/** Channels of one device that are remembered. What is said of one that was forgotten may come out a second time. */
export const channelsMax = 64;

/** As of when a mark is set: what was carried says no more than what its device knew then, and another file may be younger. */
export function heardAt(now: number, mark: ChannelMark | undefined, carried: Carriage | undefined): number {
  return carried === undefined ? now : Math.max(mark?.at ?? 0, Math.min(now, carried.signedAt));
}

/** Whether the shore had that already when it had `mark`. Segments of a stream come in order; of another stream nothing is known. */
export function isBehind(
  { stream, segment, index }: Pick<ChannelMark, 'stream' | 'segment' | 'index'>,
  mark: ChannelMark | undefined,
): boolean {
  if (mark?.stream !== stream) return false;
  return segment < mark.segment || (segment === mark.segment && index <= mark.index);
}

/** The marks with this one, which is kept even where it was carried and is older than all others; of too many those that were heard of longest ago go. */
function withMark(marks: ChannelMarks, channel: string, mark: ChannelMark): ChannelMarks {
  const others = Object.entries(marks).filter(([name]) => name !== channel);
  if (others.length < channelsMax) return { ...marks, [channel]: mark };
  const kept = others.sort(([, left], [, right]) => right.at - left.at).slice(0, channelsMax - 1);
  return { ...Object.fromEntries(kept), [channel]: mark };
}

/** Remembers it, unless more is remembered already. */
export function noteTaken(draft: Draft, { device, channel, mark }: Omit<MessagesTakenEvent, 'kind'>): void {
  const before = draft.marks(device);
  if (isBehind(mark, Object.hasOwn(before, channel) ? before[channel] : undefined)) return;
  draft.put({ kind: 'marks', name: device, marks: withMark(before, channel, mark) });
}
