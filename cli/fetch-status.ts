/** Asks the controller for its status, whole or a page at a time; it is judged by its schema before anybody believes it. */
import type { DeviceStatus, StatusDocument } from '../schemas/generated/types.ts';
import { isStatusDocument } from '../schemas/generated/validators/status.js';
import { type CommandContext, CommandError } from './command.ts';
import { type ControllerClient, openController, readAnswer, refusalOf } from './controller-client.ts';

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

/** One document of the status. */
async function askStatus(
  context: CommandContext,
  parameters: Readonly<Record<string, string>>,
): Promise<StatusDocument> {
  const client = await openController(context);
  return judge(await readAnswer(client, `/api/v1/status?${new URLSearchParams(parameters)}`), client);
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

function judge(
  { status, text, answer }: Awaited<ReturnType<typeof readAnswer>>,
  client: ControllerClient,
): StatusDocument {
  if (status !== 200) throw refusalOf(status, text, client);
  if (!isStatusDocument(answer)) {
    const fault = isStatusDocument.errors?.[0];
    const where = `${fault?.instancePath ?? ''} ${fault?.message ?? 'not JSON'}`.trim();
    throw new CommandError(`the controller at ${client.controller} speaks another version: ${where}`);
  }
  return answer;
}
