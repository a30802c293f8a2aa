/** Brings the messages of a receipt to the controller, channel by channel in the order in which the device wrote them. */
import type { CarriedMessages } from '../schemas/generated/types.ts';
import { logbookChannel } from '../schemas/logbook-entry.ts';
import { BatchError, type MessageBatch, unpackBatch } from '../schemas/message-batch.ts';
import { bringMessages } from './controller-acts.ts';
import type { ControllerClient } from './controller-client.ts';

/** What became of those of a receipt. */
export interface BroughtMessages {
  /** New to the shore. */
  readonly entries: number;
  readonly messages: number;
  /** Why the shore does not take those of a channel, or no more of them. */
  readonly refusals: readonly string[];
}

/** A device has no more channels; whoever forged a file may have written a hundred thousand. */
const refusalsMax = 512;

function batchIn({ batch }: CarriedMessages): MessageBatch | undefined {
  try {
    return unpackBatch(Buffer.from(batch, 'base64'));
  } catch (error) {
    if (error instanceof BatchError) return undefined;
    throw error;
  }
}

/** Brings all of them; of a channel of which some are refused the rest stays: it would not follow on what the shore has. */
export async function bringAll(
  client: ControllerClient,
  all: readonly CarriedMessages[],
  who: string,
): Promise<BroughtMessages> {
  const refusals = new Map<string, string>();
  let [entries, messages] = [0, 0];
  for (const carried of all) {
    const { application = '', channel = '' } = batchIn(carried) ?? {};
    const name = application === logbookChannel.application ? 'its logbook' : `${application}/${channel}`;
    if (refusals.has(name)) continue;
    if (refusals.size === refusalsMax) {
      refusals.set(name, `more than ${refusalsMax} channels are refused, which no device has: the rest is left`);
      break;
    }
    const outcome = await bringMessages(client, { messages: carried, who });
    if (outcome.kind === 'refused') refusals.set(name, `${name} is not taken: ${outcome.message} (${outcome.code})`);
    else if (application === logbookChannel.application) entries += outcome.messages;
    else messages += outcome.messages;
  }
  return { entries, messages, refusals: [...refusals.values()] };
}
