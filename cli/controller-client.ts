/** Asks the controller; its answers are judged by their schema before anybody believes them. */
import { DiskError, type HttpRequest, type Network, NetworkError } from '../platform/ports.ts';
import type { CliConfiguration, StatusDocument } from '../schemas/generated/types.ts';
import { isStatusDocument } from '../schemas/generated/validators.js';
import { announcedController } from './announced-controller.ts';
import { type CommandContext, CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** Of an answer; a hundred thousand devices take about this much. */
const answerBytesMax = 512 * 2 ** 20;

function textOf(context: CommandContext, path: string, what: string): string {
  try {
    return new TextDecoder().decode(context.disk.readFile(path));
  } catch (error) {
    const isMissing = error instanceof DiskError && error.code === 'NOT_FOUND';
    const hint = isMissing ? '; the controller makes it at its first start' : '';
    throw new CommandError(`can't read ${what}: ${error instanceof Error ? error.message : String(error)}${hint}`);
  }
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > answerBytesMax) throw new CommandError('the controller answers with more than is sensible');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Where the controller is, and how it is asked. */
interface Connection {
  readonly controller: string;
  readonly network: Network;
  readonly token: string | undefined;
}

async function connectionOf(context: CommandContext): Promise<Connection> {
  const { value, file } = await context.loadConfiguration('cli', context.directory);
  const near = value.controller === undefined ? announcedController(context, file) : undefined;
  const controller = value.controller ?? near!.controller;
  return openConnection(context, { ...near, ...value, controller });
}

function openConnection(
  context: CommandContext,
  value: CliConfiguration & { readonly controller: string },
): Connection {
  const ca = value.ca === undefined ? {} : { ca: textOf(context, value.ca, 'cli.ca') };
  const tokenFile =
    value.tokenFile === undefined ? undefined : textOf(context, value.tokenFile, 'cli.tokenFile').trim();
  return { controller: value.controller, network: context.openNetwork(ca), token: value.token ?? tokenFile };
}

/** One request; throws `CommandError` with exit code `unreachable` when there is no answer. */
async function ask(
  { controller, network, token }: Connection,
  request: Pick<HttpRequest, 'method' | 'body'> & { readonly path: string },
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const { path, ...rest } = request;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const answer = await network.request({ ...rest, url: new URL(path, controller).href, headers }, signal);
    const text = new TextDecoder().decode(await readBody(answer.body));
    if (answer.status === 401) throw new CommandError(unauthorized(controller, token !== undefined));
    return { status: answer.status, text };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    throw new CommandError(`the controller at ${controller} does not answer: ${error.message}`, exitCodes.unreachable);
  }
}

function unauthorized(controller: string, hasToken: boolean): string {
  const fault = hasToken ? 'does not take this API token: mend cli.token' : 'wants its API token: set cli.token';
  return `the controller at ${controller} ${fault}, cli.tokenFile or FLEET_CLI_TOKEN`;
}

/** Fetches the status. Throws `CommandError` with exit code `unreachable` when there is no answer. */
export async function fetchStatus(context: CommandContext): Promise<StatusDocument> {
  const connection = await connectionOf(context);
  const { status, text } = await ask(connection, { method: 'GET', path: '/api/v1/status' }, context.signal);
  return judge(status, text, connection.controller);
}

/** Has the controller take a commit that it holds back; `name` is its id, or at least 7 characters of it. Throws `CommandError`. */
export async function acceptRevision(context: CommandContext, name: string): Promise<void> {
  const connection = await connectionOf(context);
  const body = new TextEncoder().encode(JSON.stringify({ revision: name }));
  const { status, text } = await ask(
    connection,
    { method: 'POST', path: '/api/v1/source/accept', body },
    context.signal,
  );
  if (status === 202) return;
  const { message } = (parsed(text) ?? {}) as { readonly message?: unknown };
  const why = typeof message === 'string' ? message : `it answers ${status}: ${text}`;
  throw new CommandError(`the controller does not take ${name}: ${why.slice(0, 400)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function judge(status: number, text: string, controller: string): StatusDocument {
  const answer = parsed(text);
  if (status !== 200)
    throw new CommandError(`the controller at ${controller} answers ${status}: ${text.slice(0, 200)}`);
  if (!isStatusDocument(answer)) {
    const fault = isStatusDocument.errors?.[0];
    const where = `${fault?.instancePath ?? ''} ${fault?.message ?? 'not JSON'}`.trim();
    throw new CommandError(`the controller at ${controller} speaks another version: ${where}`);
  }
  return answer;
}
