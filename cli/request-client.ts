/** What devices are asked for, as the controller is asked to ask; its answers are judged by their schema. */
import { printableLines } from '../platform/printable.ts';
import type { RequestAnswer, RequestOrder, RequestStatus } from '../schemas/generated/types.ts';
import { isRequestAnswer } from '../schemas/generated/validators/request-status.js';
import { type CommandContext, CommandError } from './command.ts';
import { openController, readAnswer, refusalOf, say, wordsOf } from './controller-client.ts';

function pathOf(device: string): string {
  return `/api/v1/devices/${encodeURIComponent(device)}/requests`;
}

/** Why it is not done; what a name that came along brings with it can be shown. */
function refusedBy(answer: unknown, text: string): CommandError {
  return new CommandError(printableLines(wordsOf(answer, text)));
}

/** Refusals that say themselves what is the matter. */
const plainStatuses: ReadonlySet<number> = new Set([400, 404, 409]);

/** What a device was asked for last, and what it answered. Throws `CommandError`. */
export async function fetchRequest(context: CommandContext, device: string): Promise<RequestAnswer> {
  const client = await openController(context);
  const { status, text, answer } = await readAnswer(client, pathOf(device));
  if (status === 200 && isRequestAnswer(answer)) return answer;
  if (status === 404) throw refusedBy(answer, text);
  throw refusalOf(status, text, client);
}

/** Has the device asked; durable when it resolves. Throws `CommandError`. */
export async function orderRequest(
  context: CommandContext,
  device: string,
  order: RequestOrder,
): Promise<RequestStatus> {
  const client = await openController(context);
  const { status, text, answer } = await say(client, pathOf(device), order);
  if (status === 202 && isRequestAnswer({ request: answer })) return answer as RequestStatus;
  if (plainStatuses.has(status)) throw refusedBy(answer, text);
  throw refusalOf(status, text, client);
}

/** Takes that back; durable when it resolves. Throws `CommandError`. */
export async function withdrawRequest(context: CommandContext, device: string, id: string): Promise<void> {
  const client = await openController(context);
  const { status, text, answer } = await say(client, `${pathOf(device)}/${encodeURIComponent(id)}/withdraw`, {});
  if (status === 200) return;
  if (plainStatuses.has(status)) throw refusedBy(answer, text);
  throw refusalOf(status, text, client);
}
