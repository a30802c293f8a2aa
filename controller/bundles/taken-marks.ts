/** The shore's word for what it has of a device's messages, for those who hear it by hand alone. */
import type { TakenMark, TakenMarks } from '../../schemas/generated/types.ts';
import type { ChannelMark, ChannelMarks } from '../engine/records.ts';

function takenMark(name: string, { stream, segment, index }: ChannelMark): TakenMark {
  const [application = '', channel = ''] = name.split('/');
  return { application, channel, stream, segment, index };
}

/** Undefined where it has nothing. */
export function takenMarks(marks: ChannelMarks): TakenMarks | undefined {
  const channels = Object.entries(marks).map(([name, mark]) => takenMark(name, mark));
  if (channels.length === 0) return undefined;
  return { apiVersion: 'fleet/v1alpha1', kind: 'TakenMarks', channels: channels as TakenMarks['channels'] };
}
