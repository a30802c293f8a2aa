/** What programs aboard may ask the agent, as a line of JSON. Anybody who may write to its socket may have written it. */
import { isObject } from '../../schemas/json-object.ts';
import { momentMsOf } from '../../schemas/moment.ts';
import type { CarriedPlace } from '../outbox/carried.ts';
import { isCount } from '../runtime/message-fields.ts';

/** A question that can be answered. */
export type Question =
  | { readonly ask: 'status' }
  | { readonly ask: 'wake' }
  /** That a bundle is taken which lies at this path, or what became of the last one. */
  | { readonly ask: 'apply'; readonly file: string }
  | { readonly ask: 'bundle' }
  /** What it says of itself, signed. */
  | { readonly ask: 'receipt' }
  /** What it has for the shore behind that place, or the first of it, signed. */
  | { readonly ask: 'messages'; readonly after?: CarriedPlace }
  /** That what an application printed lies in its log. */
  | { readonly ask: 'write-log'; readonly application: string }
  | {
      readonly ask: 'consent';
      /** The deployment that whoever answers has been shown. */
      readonly deployment: number;
      readonly answer: 'granted' | 'denied';
      readonly by: string;
      readonly reason?: string;
      /** Milliseconds since the epoch. */
      readonly untilMs?: number;
    };

/** Why a line is no question. */
export interface QuestionFault {
  readonly ask: 'nothing';
  readonly message: string;
}

const byCharactersMax = 64;
const reasonCharactersMax = 160;
const fileCharactersMax = 1024;
const nameCharactersMax = 63;

function fault(message: string): QuestionFault {
  return { ask: 'nothing', message };
}

/** One line of text for people. */
function isText(value: unknown, charactersMax: number): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  const refused = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
  return typeof value === 'string' && value.trim() !== '' && value.length <= charactersMax && !refused.test(value);
}

function consentOf(value: Readonly<Record<string, unknown>>): Question | QuestionFault {
  const { deployment, answer, by, reason, until } = value;
  if (typeof deployment !== 'number' || !Number.isSafeInteger(deployment) || deployment < 1)
    return fault('"deployment" must be the number of the deployment that was shown, as "ask": "status" gives it');
  if (answer !== 'granted' && answer !== 'denied') return fault('"answer" must be "granted" or "denied"');
  if (!isText(by, byCharactersMax)) return fault(`"by" must say who answers, in 1 to ${byCharactersMax} characters`);
  if (reason !== undefined && !isText(reason, reasonCharactersMax))
    return fault(`"reason" must be a line of 1 to ${reasonCharactersMax} characters`);
  const untilMs = typeof until === 'string' ? momentMsOf(until) : undefined;
  if (until !== undefined && untilMs === undefined)
    return fault('"until" must be a moment that there is, with its zone, such as 2026-12-01T08:00:00Z');
  return {
    ...{ ask: 'consent', deployment, answer, by },
    ...(reason === undefined ? {} : { reason }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
}

function applyOf({ file }: Readonly<Record<string, unknown>>): Question | QuestionFault {
  if (isText(file, fileCharactersMax) && file.startsWith('/')) return { ask: 'apply', file };
  return fault(
    `"file" must be the whole path of a bundle, in at most ${fileCharactersMax} characters, of which none controls a terminal`,
  );
}

function writeLogOf({ application }: Readonly<Record<string, unknown>>): Question | QuestionFault {
  if (isText(application, nameCharactersMax)) return { ask: 'write-log', application };
  return fault(`"application" must be the name of one, in at most ${nameCharactersMax} characters`);
}

function messagesOf({ after }: Readonly<Record<string, unknown>>): Question | QuestionFault {
  if (after === undefined) return { ask: 'messages' };
  const { application, channel, stream, segment, index } = isObject(after) ? after : {};
  const isPlace = [application, channel, stream].every((text) => isText(text, nameCharactersMax));
  if (!isPlace || !isCount(segment) || !isCount(index))
    return fault('"after" must be the place that was answered last');
  return { ask: 'messages', after: { application, channel, stream, segment, index } as CarriedPlace };
}

/** Reads a line. */
export function parseQuestion(line: string): Question | QuestionFault {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fault('a question is a line of JSON');
  }
  if (!isObject(value)) return fault('a question is a JSON object');
  switch (value.ask) {
    case 'status':
    case 'bundle':
    case 'receipt':
    case 'wake':
      return { ask: value.ask };
    case 'consent':
      return consentOf(value);
    case 'apply':
      return applyOf(value);
    case 'messages':
      return messagesOf(value);
    case 'write-log':
      return writeLogOf(value);
    default:
      return fault(
        '"ask" must be "status", "consent", "wake", "apply", "bundle", "receipt", "messages" or "write-log"',
      );
  }
}
