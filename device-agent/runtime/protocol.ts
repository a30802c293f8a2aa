/**
 * The words between the supervisor and the app host. The host runs what it is given by strangers, so the supervisor
 * believes nothing of it that does not parse; the host believes its supervisor.
 */
import type { ApplicationReport, FactReport } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { RunnableApplication, RunnableModule, SeenApplication } from './app-runtime.ts';
import { type CallAsk, type Called, parseCalled } from './call-probes.ts';
import { dataMax, type MessageAbroad, type MessageHere, type Sent, type Took } from './channels/channel-messages.ts';
import { textLengthMax } from './grants/fact-value.ts';
import type { MachinePlaces } from './grants/machine-places.ts';
import type { OpenedSecrets } from './grants/opened-secrets.ts';
import { type Answer, type Ask, parseAnswer } from './http/messages.ts';
import { type Fields, isCount } from './message-fields.ts';
import type { PreparedModule } from './prepare/prepared-store.ts';

/** A module that is linked to an application, as a host is told of it. */
export interface HostedModule extends RunnableModule {
  /** Where it lies ready to run; without it the host makes it ready by itself. */
  readonly prepared?: PreparedModule;
}

/** An application as a host is told of it: `restarts` counts on from a host before. */
export interface HostedApplication extends RunnableApplication {
  readonly restarts: number;
  readonly links?: Readonly<Record<string, HostedModule>>;
  /** Where its module lies ready to run; without it the host makes it ready by itself. */
  readonly prepared?: PreparedModule;
  /** Its secrets, opened. */
  readonly opened?: OpenedSecrets;
  /** What of the machine it asks for. */
  readonly places?: MachinePlaces;
}

/** What one application takes at the moment. */
export interface Usage {
  readonly name: string;
  readonly memoryBytes: number;
  readonly fuelPerSecond: number;
  /** What it keeps on the disk, where it may. */
  readonly dataBytes?: number;
  readonly kvBytes?: number;
  /** Messages that wait for it, where no count of its events says so. */
  readonly waiting?: number;
}

/** How often a host says that it lives, with what its applications take. */
export const beatMs = 10_000;

/** Has an application's host write down what it gathered of its log, which somebody wants to read. */
export interface WriteLog {
  readonly kind: 'write-log';
  readonly application: string;
}

/** What goes to a host and comes from it between its orders: messages of channels, requests and calls with their answers. */
export type ForHost = MessageHere | Sent | Ask | CallAsk | WriteLog;
export type OfHost = MessageAbroad | Took | Answer | Called;

/** Supervisor to host. Closing the channel means: end at once. */
export type ToHost =
  | {
      readonly kind: 'apply';
      readonly id: number;
      readonly applications: readonly HostedApplication[];
      /** Channels that are written here and read in other processes. */
      readonly readElsewhere: readonly string[];
    }
  | ForHost
  | { readonly kind: 'stop' };

/** An application ended in a host whose order has it no more; `dropped` is what it lost there, with what waited for it until then. */
export interface Left {
  readonly kind: 'left';
  readonly application: string;
  readonly dropped: number;
}

/** Host to supervisor; `ready` comes first. */
export type FromHost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'applied'; readonly id: number }
  | { readonly kind: 'states'; readonly applications: readonly SeenApplication[] }
  | { readonly kind: 'beat'; readonly usage: readonly Usage[] }
  | Left
  | OfHost;

const applicationsMax = 64;
const textMax = 256;
/** As the report's schema has them. */
export const messageMax = 200;
export const processMax = 100;
export const stackMax = 8;
export const linesMax = 3;
export const lineMax = 160;
export const faultMax = 160;
const frameMax = 64;
const states: ReadonlySet<unknown> = new Set<ApplicationReport['state']>([
  'starting',
  'running',
  'backoff',
  'completed',
  'failed',
  'stopped',
]);

/** As the deployment's schema has them. */
const factsMax = 8;
const linksMax = 8;
const channelsMax = 32;
const linkedMax = 128;
const factName = /^[a-z][a-z0-9_]{0,31}$/;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= textMax;
}

function isTexts(value: unknown, itemsMax: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= itemsMax && value.every((one) => typeof one === 'string');
}

const countNames = ['handled', 'failed', 'dropped', 'instances', 'waiting'] as const;

/** The counts that are counts. */
function parseCounts(value: unknown): ApplicationReport['events'] {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    countNames.map((name) => [name, value[name]] as const).filter(([, count]) => isCount(count)),
  );
}

function isFact(value: unknown): value is FactReport {
  if (!isObject(value) || !isText(value.at)) return false;
  if (typeof value.value === 'string') return value.value.length <= textLengthMax;
  return typeof value.value === 'boolean' || Number.isFinite(value.value);
}

/** Those that are facts; a host that says others says nothing. */
function parseFacts(value: unknown): ApplicationReport['facts'] {
  if (!isObject(value)) return undefined;
  const facts = Object.entries(value)
    .slice(0, factsMax)
    .flatMap(([name, fact]) =>
      isFact(fact) && factName.test(name) ? [[name, { value: fact.value, at: fact.at }] as const] : [],
    );
  return Object.fromEntries(facts);
}

/** Those that are texts. */
function parseLinks(value: unknown): ApplicationReport['links'] {
  if (!isObject(value)) return undefined;
  const links = Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1]));
  return Object.fromEntries(links.slice(0, linksMax).map(([link, named]) => [link, named.slice(0, linkedMax)]));
}

function parseSnapshot(value: unknown): ApplicationReport['snapshot'] {
  if (!isObject(value)) return undefined;
  const { at, bytes, isRestored, isTakenOver, fault } = value;
  return {
    ...(isText(at) ? { at } : {}),
    ...(isCount(bytes) ? { bytes } : {}),
    ...(typeof isRestored === 'boolean' ? { isRestored } : {}),
    ...(typeof isTakenOver === 'boolean' ? { isTakenOver } : {}),
    ...(typeof fault === 'string' ? { fault: fault.slice(0, faultMax) } : {}),
  };
}

function parseReport(value: unknown): SeenApplication | undefined {
  if (!isObject(value)) return undefined;
  const { name, version, state, since, restarts, exitCode, message, stack, lines, written } = value;
  if (!isText(name) || !isText(version) || !states.has(state) || !isText(since) || !isCount(restarts)) return undefined;
  if (exitCode !== undefined && !Number.isSafeInteger(exitCode)) return undefined;
  if (message !== undefined && typeof message !== 'string') return undefined;
  if (stack !== undefined && !isTexts(stack, stackMax)) return undefined;
  if (lines !== undefined && !isTexts(lines, linesMax)) return undefined;
  if (written !== undefined && !isTexts(written, channelsMax)) return undefined;
  const events = parseCounts(value.events);
  const facts = parseFacts(value.facts);
  const snapshot = parseSnapshot(value.snapshot);
  const links = parseLinks(value.links);
  return {
    ...{ name, version, since, restarts, state: state as ApplicationReport['state'] },
    ...(exitCode === undefined ? {} : { exitCode: exitCode as number }),
    ...(message === undefined ? {} : { message: message.slice(0, messageMax) }),
    ...(stack === undefined ? {} : { stack: stack.map((frame) => frame.slice(0, frameMax)) }),
    ...(lines === undefined ? {} : { lines: lines.map((line) => line.slice(0, lineMax)) }),
    ...(events === undefined ? {} : { events }),
    ...(facts === undefined ? {} : { facts }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(links === undefined ? {} : { links }),
    ...(written === undefined ? {} : { written }),
  };
}

function parseUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const { name, memoryBytes, fuelPerSecond, dataBytes, kvBytes, waiting } = value;
  if (!isText(name) || !isCount(memoryBytes) || !isCount(fuelPerSecond)) return undefined;
  if (dataBytes !== undefined && !isCount(dataBytes)) return undefined;
  if (kvBytes !== undefined && !isCount(kvBytes)) return undefined;
  if (waiting !== undefined && !isCount(waiting)) return undefined;
  return {
    ...{ name, memoryBytes, fuelPerSecond },
    ...(dataBytes === undefined ? {} : { dataBytes }),
    ...(kvBytes === undefined ? {} : { kvBytes }),
    ...(waiting === undefined ? {} : { waiting }),
  };
}

function parseMessage({ id, application, channel, data }: Fields): MessageAbroad | undefined {
  if (!isCount(id) || !isText(application) || !isText(channel)) return undefined;
  return typeof data === 'string' && data.length <= dataMax
    ? { kind: 'message', id, application, channel, data }
    : undefined;
}

/** The items as `parse` has them, or undefined where there are too many or one is none. */
function parseList<T>(value: unknown, parse: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > applicationsMax) return undefined;
  const items = value.map(parse);
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** The message, rebuilt from its known fields, or undefined when it is none of ours. */
export function parseFromHost(value: unknown): FromHost | undefined {
  if (!isObject(value)) return undefined;
  switch (value.kind) {
    case 'ready':
      return { kind: 'ready' };
    case 'applied':
      return isCount(value.id) ? { kind: 'applied', id: value.id } : undefined;
    case 'states': {
      const applications = parseList(value.applications, parseReport);
      return applications && { kind: 'states', applications };
    }
    case 'beat': {
      const usage = parseList(value.usage, parseUsage);
      return usage && { kind: 'beat', usage };
    }
    case 'left': {
      const { kind, application, dropped } = value;
      return isText(application) && isCount(dropped) ? { kind, application, dropped } : undefined;
    }
    case 'message':
      return parseMessage(value);
    case 'took':
      return isCount(value.id) ? { kind: 'took', id: value.id } : undefined;
    case 'answer':
      return parseAnswer(value);
    case 'called':
      return parseCalled(value);
    default:
      return undefined;
  }
}
