/** Asks the controller; its answers are judged by their schema before anybody believes them. */

import { DiskError, type HttpRequest, type HttpResponse, NetworkError } from '../platform/ports.ts';
import { printableDeep } from '../platform/printable.ts';
import type {
  BundleAnswer,
  BundleOrder,
  CliConfiguration,
  DeviceStatus,
  MessagesOrder,
  ReceiptOrder,
  RolloutActRequest,
  StatusDocument,
} from '../schemas/generated/types.ts';
import { isBundleAnswer } from '../schemas/generated/validators/bundle-answer.js';
import { isStatusDocument } from '../schemas/generated/validators/status.js';
import { announcedController } from './announced-controller.ts';
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
  /** What devices are looked for by, as the API has it: `state`, `text`, `release`, `held`. */
  readonly filter?: Readonly<Record<string, string>>;
  /** With what happened on each device. */
  readonly withEvents?: true;
  /** With what the controller decides by, as it keeps it. */
  readonly withRows?: true;
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

/** One document of the status. */
async function askStatus(
  context: CommandContext,
  parameters: Readonly<Record<string, string>>,
): Promise<StatusDocument> {
  const client = await openController(context);
  const path = `/api/v1/status?${new URLSearchParams(parameters)}`;
  const { status, bytes } = await client.ask({ method: 'GET', path, bytesMax: answerBytesMax });
  return judge(status, new TextDecoder().decode(bytes), client);
}

function parametersOf({ target, selector, filter, withEvents, withRows }: StatusQuestion): Record<string, string> {
  return {
    ...filter,
    ...(target === undefined ? {} : { target }),
    ...(selector === undefined ? {} : { selector }),
    ...(withEvents === undefined ? {} : { events: 'true' }),
    ...(withRows === undefined ? {} : { rows: 'true' }),
  };
}

/**
 * Fetches the status: of a large fleet a summary, and the devices that are not well. Throws `CommandError`, with exit code
 * `unreachable` when there is no answer.
 */
export function fetchStatus(context: CommandContext, question: StatusQuestion = {}): Promise<StatusDocument> {
  return askStatus(context, parametersOf(question));
}

/** The status with all devices, however many there are, a page at a time. Throws as `fetchStatus`. */
export async function* fetchPages(
  context: CommandContext,
  question: StatusQuestion = {},
): AsyncGenerator<StatusDocument> {
  const parameters = { ...parametersOf(question), limit: String(devicesPerPage) };
  for (let after: Record<string, string> | undefined = {}; after !== undefined; ) {
    const page: StatusDocument = await askStatus(context, { ...parameters, ...after });
    yield page;
    after = page.next === undefined ? undefined : { after: page.next };
  }
}

/** The status with one device at most, whoever that is: for what is shown beside devices. Throws as `fetchStatus`. */
export function fetchFleets(context: CommandContext, question: StatusQuestion): Promise<StatusDocument> {
  return askStatus(context, { ...parametersOf(question), limit: '1' });
}

/** Fetches the status with every device. Throws as `fetchStatus`. */
export async function fetchEveryDevice(
  context: CommandContext,
  question: StatusQuestion = {},
): Promise<StatusDocument> {
  const pages = await Array.fromAsync(fetchPages(context, question));
  const { next: _next, ...first } = pages[0]!;
  const devices = pages.flatMap((page) => page.devices);
  if (first.rows === undefined) return { ...first, devices };
  return { ...first, devices, rows: pages.flatMap(({ rows = [] }) => rows) };
}

/** Asked for by name at once: a question fits into the head of a request. */
const namesPerQuestion = 100;

/** Above so many, whoever asks for some devices is quicker to ask for all. */
const namedMax = 5_000;

/** Devices by name; those that the controller does not know are absent. Throws as `fetchStatus`. */
export async function fetchDevices(
  context: CommandContext,
  names: readonly string[],
  question: Pick<StatusQuestion, 'withEvents'> = {},
): Promise<DeviceStatus[]> {
  if (names.length > namedMax) {
    const wanted = new Set(names);
    return (await fetchEveryDevice(context, question)).devices.filter(({ name }) => wanted.has(name));
  }
  const devices: DeviceStatus[] = [];
  for (let at = 0; at < names.length; at += namesPerQuestion) {
    const some = names.slice(at, at + namesPerQuestion);
    const page = await askStatus(context, {
      ...parametersOf(question),
      ...{ devices: some.join(','), limit: String(namesPerQuestion) },
    });
    devices.push(...page.devices);
  }
  return devices;
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

/** Has the controller do something; an answer that it does not is thrown as "the controller does not" and `what`. */
async function post(context: CommandContext, path: string, value: unknown, what: string): Promise<void> {
  const client = await openController(context);
  const { status, text, answer } = await say(client, path, value);
  if (status >= 200 && status < 300) return;
  if (status === 401) throw new CommandError(unauthorized(client, answer));
  if (status === 503) throw unavailable(client.controller, answer);
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMessage(answer: unknown): answer is { readonly message: string } {
  return typeof answer === 'object' && answer !== null && 'message' in answer && typeof answer.message === 'string';
}

function isError(answer: unknown, code: string): answer is { readonly message: string } {
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

function judge(status: number, text: string, client: ControllerClient): StatusDocument {
  if (status !== 200) throw refusalOf(status, text, client);
  const answer = parsed(text);
  if (!isStatusDocument(answer)) {
    const fault = isStatusDocument.errors?.[0];
    const where = `${fault?.instancePath ?? ''} ${fault?.message ?? 'not JSON'}`.trim();
    throw new CommandError(`the controller at ${client.controller} speaks another version: ${where}`);
  }
  return answer;
}
