import type { OutboxReport } from '../../schemas/generated/types.ts';
import type { OutboxChannel } from './outbox-channels.ts';

/** A report has little room. */
const heldMessageMax = 160;

/** What a device says of its outbox, all channels together; undefined where no channel ever had something. */
export function reportOutbox(
  channels: readonly OutboxChannel[],
  nowMs: number,
  isOverBudget: boolean,
): OutboxReport | undefined {
  const counts = channels.map(({ backlog }) => backlog.counts());
  const sum = (of: 'messages' | 'bytes' | 'dropped'): number => counts.reduce((total, one) => total + one[of], 0);
  const [messages, bytes, dropped] = [sum('messages'), sum('bytes'), sum('dropped')];
  if (channels.length === 0) return undefined;
  const oldestMs = Math.max(...counts.map(({ oldestAgeMs }) => oldestAgeMs ?? -1));
  const held = channels.find((channel, n) => channel.held !== undefined && counts[n]!.messages > 0);
  const overBudget = { code: 'OVER_BUDGET', message: 'what may be sent in a day is sent' };
  const why = messages > 0 && isOverBudget ? overBudget : held?.held;
  return {
    ...{ messages, bytes, dropped },
    ...(oldestMs < 0 ? {} : { oldestAt: new Date(Math.max(0, nowMs - oldestMs)).toISOString() }),
    ...(why === undefined
      ? {}
      : {
          held: {
            code: why.code,
            message: why.message.slice(0, heldMessageMax),
            ...(why === overBudget ? {} : { channel: `${held!.application}/${held!.channel}` }),
          },
        }),
  };
}
