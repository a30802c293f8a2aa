/** How the controller is asked: where it is, by which token, and what its refusals mean. What it answers is judged by who asked. */

import { DiskError, type HttpRequest, type HttpResponse, NetworkError } from '../platform/ports.ts';
import type { CliConfiguration } from '../schemas/generated/types.ts';
import { announcedController } from './announced-controller.ts';
import { type CommandContext, CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** Of an answer: a page of devices, each with its report and its reasons. */
const answerBytesMax = 32 * 2 ** 20;

function textOf(context: CommandContext, path: string, what: string): string {
  try {
    return new TextDecoder().decode(context.disk.readFile(path));
  } catch (error) {
    const isMissing = error instanceof DiskError && error.code === 'NOT_FOUND';
    const hint = isMissing ? '; the controller makes it at its first start' : '';
    throw new CommandError(`can't read ${what}: ${error instanceof Error ? error.message : String(error)}${hint}`);
  }
}

/** The body of an answer whole. Throws `CommandError` when it is longer than so. */
export async function readBody(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bytesMax) throw new CommandError('the controller answers with more than is sensible');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What is asked of a controller. */
interface Question extends Pick<HttpRequest, 'method' | 'body'> {
  readonly path: string;
  /** Of the answer. */
  readonly bytesMax: number;
}

/** A controller that can be asked. */
export interface ControllerClient {
  readonly controller: string;
  readonly hasToken: boolean;
  /** One exchange. Throws `CommandError`, with exit code `unreachable` when there is no answer. */
  ask(question: Question): Promise<{ readonly status: number; readonly bytes: Uint8Array }>;
  /** An answer that goes on until the controller, or `signal`, ends it. Throws as `ask`; its body throws `NetworkError`. */
  open(path: string, signal: AbortSignal): Promise<HttpResponse>;
}

/** The controller of the configuration, else the user's own on this machine. Throws `CommandError` when there is none. */
export async function openController(context: CommandContext): Promise<ControllerClient> {
  const { value, file } = await context.loadConfiguration('cli', context.directory);
  const near = value.controller === undefined ? announcedController(context, file) : undefined;
  return clientOf(context, { ...near, ...value, controller: value.controller ?? near!.controller });
}

async function answered<T>(controller: string, exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange();
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    const message = `the controller at ${controller} does not answer: ${error.message}`;
    throw new CommandError(message, exitCodes.unreachable);
  }
}

function clientOf(
  context: CommandContext,
  value: CliConfiguration & { readonly controller: string },
): ControllerClient {
  const { controller } = value;
  if (!URL.canParse(controller))
    throw new CommandError(
      `cli.controller is no URL: "${controller}"; write https://HOST:PORT, an IPv6 address in [ ]`,
    );
  const ca = value.ca === undefined ? {} : { ca: textOf(context, value.ca, 'cli.ca') };
  const tokenFile =
    value.tokenFile === undefined ? undefined : textOf(context, value.tokenFile, 'cli.tokenFile').trim();
  const token = value.token ?? tokenFile;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const network = context.openNetwork(ca);
  return {
    controller,
    hasToken: token !== undefined,
    ask: ({ path, bytesMax, ...request }) =>
      answered(controller, async () => {
        const url = new URL(path, controller).href;
        const answer = await network.request({ ...request, url, headers }, context.signal);
        return { status: answer.status, bytes: await readBody(answer.body, bytesMax) };
      }),
    open: (path, signal) =>
      answered(controller, () =>
        network.request({ method: 'GET', url: new URL(path, controller).href, headers }, signal),
      ),
  };
}

function unauthorized({ controller, hasToken }: ControllerClient, answer: unknown): string {
  if (isError(answer, 'TOKEN_EXPIRED') || isError(answer, 'TOKEN_REVOKED')) return answer.message;
  const fault = hasToken ? 'does not take this API token: mend cli.token' : 'wants its API token: set cli.token';
  return `the controller at ${controller} ${fault}, cli.tokenFile or FLEET_CLI_TOKEN`;
}

/** Says something to the controller; `answer` is what its text comes to as JSON. */
export async function say(client: ControllerClient, path: string, value: unknown) {
  const body = new TextEncoder().encode(JSON.stringify(value));
  const { status, bytes } = await client.ask({ method: 'POST', path, body, bytesMax: answerBytesMax });
  const text = new TextDecoder().decode(bytes);
  return { status, text, answer: parsed(text) };
}

/** Asks for a document; `answer` is what its text comes to as JSON. */
export async function readAnswer(client: ControllerClient, path: string) {
  const { status, bytes } = await client.ask({ method: 'GET', path, bytesMax: answerBytesMax });
  const text = new TextDecoder().decode(bytes);
  return { status, text, answer: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether an answer has words for people. */
export function isMessage(answer: unknown): answer is { readonly message: string } {
  return typeof answer === 'object' && answer !== null && 'message' in answer && typeof answer.message === 'string';
}

/** What an answer says for people, or the text that it came as. */
export function wordsOf(answer: unknown, text: string): string {
  return isMessage(answer) ? answer.message : text;
}

/** Whether an answer is an error with this code. */
export function isError(answer: unknown, code: string): answer is { readonly message: string } {
  return isMessage(answer) && 'code' in answer && answer.code === code;
}

/** One that starts, stands by or ends serves again by itself, or another does: as if it did not answer yet. */
function unavailable(controller: string, answer: unknown): CommandError {
  const why = isMessage(answer) ? answer.message : 'it answers 503';
  return new CommandError(`the controller at ${controller} does not serve yet: ${why}`, exitCodes.unreachable);
}

/** What an answer says that is not the one that was asked for. */
export function refusalOf(status: number, text: string, client: ControllerClient): CommandError {
  const { controller } = client;
  const answer = parsed(text);
  if (status === 401) return new CommandError(unauthorized(client, answer));
  if (status === 403 && isMessage(answer))
    return new CommandError(`the controller does not do this: ${answer.message}`);
  if (status === 404 && isError(answer, 'NOTHING_THERE')) return new CommandError(answer.message);
  if (status === 400 && isError(answer, 'BAD_QUERY')) return new CommandError(answer.message, exitCodes.usage);
  if (status === 503) return unavailable(controller, answer);
  return new CommandError(`the controller at ${controller} answers ${status}: ${text.slice(0, 200)}`);
}
