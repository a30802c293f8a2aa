/** What the agent answers to programs aboard, such as a display on the bridge. */
import type { Allowance } from '../../platform/allowance.ts';
import type { CarriedClaim } from '../../schemas/carried-messages.ts';
import type {
  CarriedMessages,
  Consent,
  DeploymentReference,
  Progress,
  Receipt,
  Report,
  Waiting,
} from '../../schemas/generated/types.ts';
import { waitingWords } from '../../schemas/waiting-words.ts';
import type { Carried, CarriedPlace } from '../outbox/carried.ts';
import type { BundleState } from '../update/bundle-intake.ts';
import type { Slot } from '../update/state.ts';
import { parseQuestion, type Question } from './question.ts';

/** What is answered, as a line of JSON. */
export type AboardAnswer =
  | {
      readonly kind: 'status';
      readonly device: string;
      readonly phase: Report['phase'];
      readonly running?: DeploymentReference;
      readonly target?: DeploymentReference & { readonly needsConsent: boolean };
      readonly waiting?: Pick<Waiting, 'code' | 'message'>;
      readonly consent?: Consent;
    }
  | { readonly kind: 'kept'; readonly consent: Consent }
  | { readonly kind: 'bundle'; readonly device: string; readonly bundle: BundleState; readonly progress?: Progress }
  | { readonly kind: 'receipt'; readonly device: string; readonly at: string; readonly receipt: Receipt }
  /** Without `carried` no more waits. */
  | {
      readonly kind: 'messages';
      readonly device: string;
      readonly carried?: { readonly messages: CarriedMessages; readonly count: number; readonly place: CarriedPlace };
    }
  /** It asks the shore in so many seconds. */
  | { readonly kind: 'woken'; readonly inSeconds: number }
  /** It is on its way to its log. */
  | { readonly kind: 'writing-log' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** What is answered by. */
export interface AboardWorld {
  readonly device: string;
  readonly report: () => Report;
  /** What the device is on its way to. */
  readonly target: () => Slot | undefined;
  /** Milliseconds since the epoch, by the agent's own time. */
  readonly nowMs: () => number;
  /** Whether it is written down. */
  readonly keep: (consent: Consent) => boolean;
  /** Has the agent be in touch with the shore; says in how many milliseconds. */
  readonly wake: () => number;
  readonly pace: Pick<Allowance, 'waitMs' | 'spend'>;
  readonly bundlePace: Pick<Allowance, 'waitMs' | 'spend'>;
  readonly receiptPace: Pick<Allowance, 'waitMs' | 'spend'>;
  /** Whether the bundle at this path is taken now. */
  readonly takeBundle: (file: string) => boolean;
  readonly bundle: () => BundleState;
  /** A report of its own number, to be carried by hand. */
  readonly carriedReport: () => Report;
  /** Signs a report by the device's key; undefined where it has none. */
  readonly signReceipt: (report: Report) => Receipt | undefined;
  readonly messagesPace: Pick<Allowance, 'waitMs' | 'spend'>;
  /** What it has for the shore behind a place. */
  readonly carriedMessages: (after: CarriedPlace | undefined) => Carried | undefined;
  readonly logPace: Pick<Allowance, 'waitMs' | 'spend'>;
  readonly writeLog: (application: string) => void;
  /** Signs some of it, as the receipt. */
  readonly signMessages: (claim: CarriedClaim) => CarriedMessages | undefined;
}

/** Nobody knows who is aboard in a year. */
const aheadMsMax = 366 * 86_400_000;

/** What is said is written to flash. */
const betweenMsMin = 1_000;

type Asked = Extract<Question, { readonly ask: 'consent' }>;

function statusAnswer({ device, report, target }: AboardWorld): AboardAnswer {
  const { phase, running, waiting, consent, target: reference } = report();
  const slot = target();
  return {
    ...{ kind: 'status', device, phase },
    ...(running === undefined ? {} : { running }),
    ...(reference === undefined ? {} : { target: { ...reference, needsConsent: slot?.consent === 'required' } }),
    ...(waiting === undefined ? {} : { waiting: { code: waiting.code, message: waitingWords(waiting) } }),
    ...(consent === undefined ? {} : { consent }),
  };
}

function refused(code: string, message: string): AboardAnswer {
  return { kind: 'refused', code, message };
}

/** What is said too often; a no is heard after each yes that was, for that must not be drowned. */
function tooOften({ answer }: Asked, said: Consent | undefined, waitMs: number): AboardAnswer | undefined {
  if (waitMs === 0 || (answer === 'denied' && said?.answer === 'granted')) return undefined;
  const seconds = Math.ceil(waitMs / 1000);
  return refused('TOO_OFTEN', `too much was said lately: say it again in ${seconds} s, and ask for the status before`);
}

/** Why it can't be consented to; undefined where it can. */
function faultOf(asked: Asked, { target, report, pace }: AboardWorld, nowMs: number): AboardAnswer | undefined {
  const { deployment, untilMs } = asked;
  const [slot, said] = [target(), report().consent];
  if (slot === undefined) return refused('NOTHING_WAITS', 'no deployment waits to be activated');
  if (slot.sequence !== deployment)
    return refused('OTHER_DEPLOYMENT', `deployment ${slot.sequence} waits, not ${deployment}; look at that one first`);
  if (slot.consent === undefined) return refused('NOT_ASKED', `deployment ${deployment} needs no consent`);
  if (said !== undefined && Math.abs(nowMs - Date.parse(said.at)) < betweenMsMin)
    return refused('TOO_OFTEN', 'something was said just now; ask for the status');
  if (untilMs !== undefined && untilMs <= nowMs) return refused('UNTIL_PAST', '"until" is over already');
  if (untilMs !== undefined && untilMs > nowMs + aheadMsMax)
    return refused('UNTIL_TOO_FAR', '"until" may be 366 days ahead at most');
  return tooOften(asked, said, pace.waitMs());
}

function consentAnswer(asked: Asked, world: AboardWorld): AboardAnswer {
  const now = world.nowMs();
  const fault = faultOf(asked, world, now);
  if (fault !== undefined) return fault;
  const { deployment: sequence, answer, by, reason, untilMs } = asked;
  const consent: Consent = {
    ...{ sequence, answer, by, at: new Date(now).toISOString() },
    ...(reason === undefined ? {} : { reason }),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
  };
  if (!world.keep(consent))
    return refused('NOT_WRITTEN', 'the disk does not take it now; it counts as soon as it does');
  world.pace.spend();
  return { kind: 'kept', consent };
}

function bundleAnswer({ device, bundle, report }: AboardWorld): AboardAnswer {
  const { progress } = report();
  return { kind: 'bundle', device, bundle: bundle(), ...(progress === undefined ? {} : { progress }) };
}

/** What costs the device too much to be done without end; undefined where it is time for it. */
function tooSoon(pace: Pick<Allowance, 'waitMs'>): AboardAnswer | undefined {
  const seconds = Math.ceil(pace.waitMs() / 1000);
  return seconds === 0 ? undefined : refused('TOO_OFTEN', `that was asked too often lately: ask again in ${seconds} s`);
}

const noKey = refused('NO_KEY', 'this device has no key yet: fleet-agent.js enroll makes one');

function receiptAnswer({ device, carriedReport, signReceipt, receiptPace }: AboardWorld): AboardAnswer {
  const wait = tooSoon(receiptPace);
  if (wait !== undefined) return wait;
  receiptPace.spend();
  const report = carriedReport();
  const receipt = signReceipt(report);
  return receipt === undefined ? noKey : { kind: 'receipt', device, at: report.at, receipt };
}

function messagesAnswer(after: CarriedPlace | undefined, world: AboardWorld): AboardAnswer {
  const { device, carriedMessages, signMessages, messagesPace, nowMs } = world;
  const wait = tooSoon(messagesPace);
  if (wait !== undefined) return wait;
  messagesPace.spend();
  const next = carriedMessages(after);
  if (next === undefined) return { kind: 'messages', device };
  const { claim, count, place } = next;
  const messages = signMessages({ ...claim, device, at: new Date(nowMs()).toISOString() });
  return messages === undefined ? noKey : { kind: 'messages', device, carried: { messages, count, place } };
}

function writeLogAnswer(application: string, { logPace, writeLog }: AboardWorld): AboardAnswer {
  const wait = tooSoon(logPace);
  if (wait !== undefined) return wait;
  logPace.spend();
  writeLog(application);
  return { kind: 'writing-log' };
}

function applyAnswer(file: string, world: AboardWorld): AboardAnswer {
  const wait = tooSoon(world.bundlePace);
  if (wait !== undefined) return wait;
  if (!world.takeBundle(file))
    return refused('BUNDLE_BUSY', 'another bundle is being taken; ask again when that is over');
  world.bundlePace.spend();
  return bundleAnswer(world);
}

/** The line that answers one. */
export function answerAboard(line: string, world: AboardWorld): string {
  const question = parseQuestion(line);
  switch (question.ask) {
    case 'status':
      return JSON.stringify(statusAnswer(world));
    case 'consent':
      return JSON.stringify(consentAnswer(question, world));
    case 'apply':
      return JSON.stringify(applyAnswer(question.file, world));
    case 'bundle':
      return JSON.stringify(bundleAnswer(world));
    case 'receipt':
      return JSON.stringify(receiptAnswer(world));
    case 'messages':
      return JSON.stringify(messagesAnswer(question.after, world));
    case 'write-log':
      return JSON.stringify(writeLogAnswer(question.application, world));
    case 'wake':
      return JSON.stringify({ kind: 'woken', inSeconds: Math.ceil(world.wake() / 1000) } satisfies AboardAnswer);
    case 'nothing':
      return JSON.stringify(refused('NO_QUESTION', question.message));
    default:
      return question satisfies never;
  }
}
