/** What a command has the controller do: each resolves once it is durable there, or says why it is not done. */
import { printableDeep } from '../platform/printable.ts';
import type {
  BundleAnswer,
  BundleOrder,
  MessagesOrder,
  ReceiptOrder,
  RolloutActRequest,
} from '../schemas/generated/types.ts';
import { isBundleAnswer } from '../schemas/generated/validators/bundle-answer.js';
import { type CommandContext, CommandError } from './command.ts';
import { type ControllerClient, isError, isMessage, openController, refusalOf, say } from './controller-client.ts';

/** Has the controller do something; an answer that it does not is thrown as "the controller does not" and `what`. */
async function post(context: CommandContext, path: string, value: unknown, what: string): Promise<void> {
  const client = await openController(context);
  const { status, text, answer } = await say(client, path, value);
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 503) throw refusalOf(status, text, client);
  // Its message names the fleet.
  if (isError(answer, 'ACT_REFUSED') || isError(answer, 'NO_ROLLOUT')) throw new CommandError(answer.message);
  const why = isMessage(answer) ? answer.message : `it answers ${status}: ${text}`;
  throw new CommandError(`the controller does not ${what}: ${why.slice(0, 400)}`);
}

/** Has the controller take a commit that it holds back; `name` is its id, or at least 7 characters of it. Throws `CommandError`. */
export async function acceptRevision(context: CommandContext, name: string, why: string): Promise<void> {
  await post(context, '/api/v1/source/accept', { revision: name, ...(why === '' ? {} : { why }) }, `take ${name}`);
}

/** Has the controller do something to the rollout of a fleet; durable when it resolves. Throws `CommandError`. */
export async function actOnRollout(context: CommandContext, request: RolloutActRequest): Promise<void> {
  await post(context, '/api/v1/rollouts/act', request, `${request.act} the rollout of fleet ${request.fleet}`);
}

/** Has the controller sign a bundle, which goes on record once `noteBundle` says that its file is written. Throws `CommandError`. */
export async function orderBundle(client: ControllerClient, order: BundleOrder): Promise<BundleAnswer> {
  const { status, text, answer } = await say(client, '/api/v1/bundles', order);
  if (status === 200 && isBundleAnswer(answer)) return answer;
  if (isError(answer, 'NOTHING_OFFERED') || isError(answer, 'BUNDLE_TOO_LARGE')) throw new CommandError(answer.message);
  throw refusalOf(status, text, client);
}

/** Has the controller put a bundle on record whose file is written, by the digest of its lease; durable when it resolves. Throws `CommandError`. */
export async function noteBundle(client: ControllerClient, lease: string): Promise<void> {
  const { status, text, answer } = await say(client, '/api/v1/bundles/written', { lease });
  if (status === 200) return;
  if (isError(answer, 'BUNDLE_NOT_ORDERED')) throw new CommandError(answer.message);
  throw refusalOf(status, text, client);
}

/** Why the controller does not take what it was brought. */
interface NotTaken {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
}

/** Has the controller take what was carried by hand; `takenIn` finds in its answer what came of it. */
async function bring<Taken>(
  client: ControllerClient,
  path: string,
  order: object,
  takenIn: (told: Readonly<Record<string, unknown>>) => Taken | undefined,
): Promise<Taken | NotTaken> {
  const { status, text, answer } = await say(client, path, order);
  const told = printableDeep((answer ?? {}) as Readonly<Record<string, unknown>>);
  const taken = status === 200 ? takenIn(told) : undefined;
  if (taken !== undefined) return taken;
  const { code, message } = told;
  if (status === 409 && typeof code === 'string' && typeof message === 'string')
    return { kind: 'refused', code, message };
  throw refusalOf(status, text, client);
}

/** What became of a receipt that the controller was brought. */
export type ReceiptAnswer = { readonly kind: 'taken'; readonly device: string; readonly madeAt: string } | NotTaken;

/** Has the controller take a receipt; durable when it resolves. Throws `CommandError` where it does not answer. */
export function bringReceipt(client: ControllerClient, order: ReceiptOrder): Promise<ReceiptAnswer> {
  return bring(client, '/api/v1/receipts', order, ({ device, madeAt }) =>
    typeof device === 'string' && typeof madeAt === 'string' ? { kind: 'taken', device, madeAt } : undefined,
  );
}

/** What became of messages that the controller was brought; the number is of those that it did not have. */
export type MessagesAnswer = { readonly kind: 'taken'; readonly messages: number } | NotTaken;

/** Has the controller take messages; durable when it resolves. Throws `CommandError` where it does not answer. */
export function bringMessages(client: ControllerClient, order: MessagesOrder): Promise<MessagesAnswer> {
  return bring(client, '/api/v1/receipts/messages', order, ({ messages }) =>
    typeof messages === 'number' ? { kind: 'taken', messages } : undefined,
  );
}
