/** Asks the controller; its answers are judged by their schema before anybody believes them. */
import { DiskError, NetworkError } from '../platform/ports.ts';
import type { StatusDocument } from '../schemas/generated/types.ts';
import { isStatusDocument } from '../schemas/generated/validators.js';
import { type CommandContext, CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** Of an answer: a page of devices, each with its report and its reasons. */
const answerBytesMax = 32 * 2 ** 20;

/** Devices that are asked for at once. */
const devicesPerPage = 500;

/** What is asked for: `fleet/NAME` or its like, devices with these labels. */
export interface StatusQuestion {
  readonly target?: string;
  readonly selector?: string;
}

function textOf(context: CommandContext, path: string, what: string): string {
  try {
    return new TextDecoder().decode(context.disk.readFile(path));
  } catch (error) {
    const isMissing = error instanceof DiskError && error.code === 'NOT_FOUND';
    const hint = isMissing ? '; the controller makes it at its first start' : '';
    throw new CommandError(`can't read ${what}: ${error instanceof Error ? error.message : String(error)}${hint}`);
  }
}

async function readBody(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bytesMax) throw new CommandError('the controller answers with more than is sensible');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A controller that can be asked: where it is, and one GET of it. */
export interface ControllerClient {
  readonly controller: string;
  readonly hasToken: boolean;
  /** Reads at most `bytesMax`. Throws `CommandError` with exit code `unreachable` when there is no answer. */
  get(path: string, bytesMax: number): Promise<{ readonly status: number; readonly bytes: Uint8Array }>;
}

/** The controller of the configuration; undefined when it names none. */
export async function openController(context: CommandContext): Promise<ControllerClient | undefined> {
  const { value } = await context.loadConfiguration('cli', context.directory);
  const { controller } = value;
  if (controller === undefined) return undefined;
  const ca = value.ca === undefined ? {} : { ca: textOf(context, value.ca, 'cli.ca') };
  const tokenFile =
    value.tokenFile === undefined ? undefined : textOf(context, value.tokenFile, 'cli.tokenFile').trim();
  const token = value.token ?? tokenFile;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    controller,
    hasToken: token !== undefined,
    async get(path, bytesMax) {
      const url = new URL(path, controller).href;
      try {
        const answer = await context.openNetwork(ca).request({ method: 'GET', url, headers }, context.signal);
        return { status: answer.status, bytes: await readBody(answer.body, bytesMax) };
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        throw new CommandError(
          `the controller at ${controller} does not answer: ${error.message}`,
          exitCodes.unreachable,
        );
      }
    },
  };
}

async function ask(context: CommandContext, question: Readonly<Record<string, string>>): Promise<StatusDocument> {
  const client = await openController(context);
  if (client === undefined) {
    const { file } = await context.loadConfiguration('cli', context.directory);
    const where = file === undefined ? 'there is no fleet.config.yaml here or above' : `${file} has no cli.controller`;
    throw new CommandError(`don't know where the controller is: ${where}; set FLEET_CLI_CONTROLLER=https://HOST:7443`);
  }
  const { status, bytes } = await client.get(`/api/v1/status?${new URLSearchParams(question)}`, answerBytesMax);
  return judge(status, new TextDecoder().decode(bytes), client.controller, client.hasToken);
}

function parametersOf({ target, selector }: StatusQuestion): Record<string, string> {
  return { ...(target === undefined ? {} : { target }), ...(selector === undefined ? {} : { selector }) };
}

/**
 * Fetches the status: of a large fleet a summary, and the devices that are not well. Throws `CommandError`, with exit code
 * `unreachable` when there is no answer.
 */
export function fetchStatus(context: CommandContext, question: StatusQuestion = {}): Promise<StatusDocument> {
  return ask(context, parametersOf(question));
}

/** Fetches the status with every device, however many there are, page by page. Throws as `fetchStatus`. */
export async function fetchEveryDevice(
  context: CommandContext,
  question: StatusQuestion = {},
): Promise<StatusDocument> {
  const parameters = { ...parametersOf(question), limit: String(devicesPerPage) };
  const { next: second, ...first } = await ask(context, parameters);
  const devices = [...first.devices];
  for (let next = second; next !== undefined; ) {
    const page = await ask(context, { ...parameters, after: next });
    devices.push(...page.devices);
    next = page.next;
  }
  return { ...first, devices };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isError(answer: unknown, code: string): answer is { readonly message: string } {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'code' in answer &&
    answer.code === code &&
    'message' in answer &&
    typeof answer.message === 'string'
  );
}

function judge(status: number, text: string, controller: string, hasToken: boolean): StatusDocument {
  const answer = parsed(text);
  if (status === 401) {
    const fault = hasToken ? 'does not take this API token: mend cli.token' : 'wants its API token: set cli.token';
    throw new CommandError(`the controller at ${controller} ${fault}, cli.tokenFile or FLEET_CLI_TOKEN`);
  }
  if (status === 404 && isError(answer, 'NOTHING_THERE')) throw new CommandError(answer.message);
  if (status === 400 && isError(answer, 'BAD_QUERY')) throw new CommandError(answer.message, exitCodes.usage);
  if (status !== 200)
    throw new CommandError(`the controller at ${controller} answers ${status}: ${text.slice(0, 200)}`);
  if (!isStatusDocument(answer)) {
    const fault = isStatusDocument.errors?.[0];
    const where = `${fault?.instancePath ?? ''} ${fault?.message ?? 'not JSON'}`.trim();
    throw new CommandError(`the controller at ${controller} speaks another version: ${where}`);
  }
  return answer;
}
