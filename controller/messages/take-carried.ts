/** Takes messages that a device signed and somebody brought ashore, as if the device had sent them: what the shore has of them already comes to nothing. */
import type { BatchAnswer } from '../../schemas/batch-answer.ts';
import { proveMessages } from '../../schemas/carried-messages.ts';
import type { MessagesOrder } from '../../schemas/generated/types.ts';
import { BatchError, type MessageBatch, unpackBatch } from '../../schemas/message-batch.ts';
import type { Carriage } from '../engine/events.ts';
import { isBehind } from '../engine/marks.ts';
import type { ChannelMark } from '../engine/records.ts';

/** What became of them. */
export type CarriedOutcome =
  | {
      readonly kind: 'taken';
      readonly device: string;
      readonly application: string;
      readonly channel: string;
      /** Those that the shore did not have. */
      readonly messages: number;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** What they are taken by. */
export interface CarriedWorld {
  readonly now: () => number;
  /** Whether git names the device with this key. */
  readonly authorize: (
    device: string,
    keyFingerprint: string,
  ) => 'ok' | { readonly code: string; readonly message: string };
  readonly markOf: (device: string, channel: string) => ChannelMark | undefined;
  readonly take: (device: string, batch: MessageBatch, carried: Carriage) => Promise<BatchAnswer | undefined>;
}

/** Clocks of devices are ahead by less, mostly. */
const aheadMsMax = 86_400_000;

function refused(code: string, message: string): CarriedOutcome {
  return { kind: 'refused', code, message };
}

function batchIn(packed: Uint8Array): MessageBatch | CarriedOutcome {
  try {
    return unpackBatch(packed);
  } catch (error) {
    if (error instanceof BatchError) return refused(error.code, error.message);
    throw error;
  }
}

/**
 * Why they would take something from the shore: some before them are not there, which it would never ask for again; or they are of a
 * stream that the device may have given up since, whose messages would come out a second time.
 */
function faultOf(
  { at, follows }: MessagesOrder['messages'],
  { stream, application, channel }: MessageBatch,
  mark: ChannelMark | undefined,
  now: number,
): CarriedOutcome | undefined {
  const name = `${application}/${channel}`;
  const isCurrent = mark === undefined || mark.stream === stream;
  const madeMs = Date.parse(at);
  if (!isCurrent && !(madeMs > mark.at && madeMs <= now + aheadMsMax)) {
    const known = new Date(mark.at).toISOString();
    return refused('MESSAGES_OLD', `those of ${name} were signed ${at}, and begin it anew; it was heard of ${known}`);
  }
  if (follows === undefined || isBehind({ stream, ...follows }, mark)) return undefined;
  return refused(
    'MESSAGES_MISSING',
    `some of ${name} before these are missing: bring all of the file, and older ones first`,
  );
}

/** Takes some; durable when it resolves. */
export async function takeCarried({ messages, who }: MessagesOrder, world: CarriedWorld): Promise<CarriedOutcome> {
  const proven = proveMessages(messages);
  if (proven === undefined) return refused('RECEIPT_FORGED', 'they are not signed by the key that they show');
  const { device } = messages;
  const verdict = world.authorize(device, proven.keyFingerprint);
  if (verdict !== 'ok') return { kind: 'refused', ...verdict };
  const batch = batchIn(proven.packed);
  if ('kind' in batch) return batch;
  const { application, channel, stream, segment, index } = batch;
  const name = `${application}/${channel}`;
  const mark = world.markOf(device, name);
  const fault = faultOf(messages, batch, mark, world.now());
  if (fault !== undefined) return fault;
  const fresh = batch.messages.filter((_, n) => !isBehind({ stream, segment, index: index + n }, mark)).length;
  const taken = { kind: 'taken', device, application, channel, messages: fresh } as const;
  if (fresh === 0) return taken;
  const answer = await world.take(device, batch, { by: who, signedAt: Date.parse(messages.at) });
  if (answer === undefined)
    return refused('CHANNEL_BUSY', `others of ${name} are being taken; bring these again in a moment`);
  return 'wait' in answer ? refused(answer.wait.code, answer.wait.message) : taken;
}
