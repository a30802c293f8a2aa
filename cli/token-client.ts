/** Named tokens of the controller, as it is asked for them; its answers are judged by their schema. */
import { printableDeep } from '../platform/printable.ts';
import type { TokenList, TokenMade, TokenOrder } from '../schemas/generated/types.ts';
import { isTokenList } from '../schemas/generated/validators/token-list.js';
import { isTokenMade } from '../schemas/generated/validators/token-made.js';
import { type CommandContext, CommandError } from './command.ts';
import { openController, readAnswer, refusalOf, say, wordsOf } from './controller-client.ts';

const path = '/api/v1/tokens';

/** All of them. Throws `CommandError`. */
export async function fetchTokens(context: CommandContext): Promise<TokenList['tokens']> {
  const client = await openController(context);
  const { status, text, answer } = await readAnswer(client, path);
  if (status === 200 && isTokenList(answer)) return printableDeep(answer.tokens);
  throw refusalOf(status, text, client);
}

/** Makes one; the secret in the answer is told this once. Throws `CommandError`. */
export async function makeToken(context: CommandContext, order: TokenOrder): Promise<TokenMade> {
  const client = await openController(context);
  const { status, text, answer } = await say(client, path, order);
  if (status === 201 && isTokenMade(answer)) return answer;
  if (status === 400 || status === 409) throw new CommandError(`no token was made: ${wordsOf(answer, text)}`);
  throw refusalOf(status, text, client);
}

/** Has one count no more; durable when it resolves. Throws `CommandError`. */
export async function revokeToken(context: CommandContext, name: string): Promise<void> {
  const client = await openController(context);
  const { status, text, answer } = await say(client, `${path}/${encodeURIComponent(name)}/revoke`, {});
  if (status === 200) return;
  if (status === 404 || status === 409) throw new CommandError(wordsOf(answer, text));
  throw refusalOf(status, text, client);
}
