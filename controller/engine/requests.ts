/**
 * What operators ask of devices beside their deployments. It travels with what a shadow desires, in an envelope of its own; the answer
 * comes as a message, and is kept beside the device until it is asked for something else.
 *
 *     asked ──► open ──► answered | withdrawn, or expired by the clock
 */
import { answersChannel, type DeviceAnswer } from '../../schemas/device-answer.ts';
import type { Context } from './context.ts';
import { mayHear } from './context.ts';
import { desiredState, hasRoomForRequest } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import type { AnswersEvent, RequestEvent, WithdrawalEvent } from './events.ts';
import { recordDeed } from './history.ts';
import { heardAt, isBehind, noteTaken } from './marks.ts';
import { oweWord } from './owed.ts';
import type { DeviceRecord, KeptRequest } from './records.ts';

/** Why a device is not asked, or nothing is withdrawn. */
export interface RequestRefusal {
  readonly code: 'DEVICE_UNKNOWN' | 'AGENT_TOO_OLD' | 'NOTHING_ISSUED' | 'REQUEST_OPEN' | 'NO_ROOM' | 'NO_REQUEST';
  readonly message: string;
}

/** Whether a request is over, and how. */
export function endOfRequest(
  { end, expiresAt }: KeptRequest,
  now: number,
): 'answered' | 'withdrawn' | 'expired' | undefined {
  return end ?? (expiresAt <= now ? 'expired' : undefined);
}

/** What is asked, in words. */
function requestWords({ ask, application = '' }: Pick<KeptRequest, 'ask' | 'application'>): string {
  return ask === 'logs' ? `the log of ${application}` : 'a diagnosis';
}

const channelName = `${answersChannel.application}/${answersChannel.channel}`;

/** Its shadow says something else from now on, if it says anything. */
function saidAnew(record: DeviceRecord, now: number): DeviceRecord {
  const { shadow } = record;
  if (shadow.desiredAt === undefined) return record;
  return { ...record, shadow: { ...shadow, version: shadow.version + 1, desiredAt: Math.floor(now / 1000) } };
}

function refusalOf(
  draft: Draft,
  { desired, now }: Context,
  { device, request }: RequestEvent,
): RequestRefusal | undefined {
  if (!desired.devices.has(device)) return { code: 'DEVICE_UNKNOWN', message: `no manifest names a device ${device}` };
  const { issued, gist, request: before, blob, shadow } = draft.device(device);
  if (gist?.answers !== true) {
    const why = gist === undefined ? 'it was never heard' : 'its agent does not say that it answers';
    return { code: 'AGENT_TOO_OLD', message: `${device} is not asked: ${why}; a newer agent would be` };
  }
  if (before !== undefined && endOfRequest(before, now) === undefined) {
    const message = `${device} has not answered ${requestWords(before)} yet (${before.id}, by ${before.by}): wait, or withdraw that`;
    return { code: 'REQUEST_OPEN', message };
  }
  const envelope = issued && (blob ?? draft.document('envelope', device));
  if (issued === undefined || envelope === undefined)
    return { code: 'NOTHING_ISSUED', message: `${device} was issued no deployment, and a request travels beside one` };
  if (!hasRoomForRequest(desiredState(issued.sequence, envelope), request.envelope, shadow.reportedBytes))
    return { code: 'NO_ROOM', message: `the deployment of ${device} leaves no room in its shadow for a request` };
  return undefined;
}

/** Asks it of the device, unless it is told why not. */
export function askDevice(draft: Draft, context: Context, event: RequestEvent): RequestRefusal | undefined {
  const refusal = refusalOf(draft, context, event);
  if (refusal !== undefined) return refusal;
  const { device, request } = event;
  const { now } = context;
  const record = draft.device(device);
  const kept: KeptRequest = { ...request, at: now, sequence: record.issued!.sequence };
  draft.put({ kind: 'document', room: 'answer', name: device, value: undefined });
  say(draft, context, device, { ...record, request: kept });
  const why = request.why === undefined ? '' : `: ${request.why}`;
  deed(draft, device, now, 'REQUESTED', `${request.by} asks for ${requestWords(request)}${why}`);
  return undefined;
}

function say(draft: Draft, context: Context, device: string, record: DeviceRecord): void {
  draft.keep(device, saidAnew(record, context.now));
  if (mayHear(context, device)) oweWord(draft, device, context.now);
}

function deed(draft: Draft, device: string, now: number, code: string, message: string): void {
  recordDeed(draft, device, { at: new Date(now).toISOString(), code, message });
}

/** Takes back what was asked, unless it is told why not. */
export function withdrawRequest(draft: Draft, context: Context, event: WithdrawalEvent): RequestRefusal | undefined {
  const { device, id, by } = event;
  const { now } = context;
  const { request, ...record } = draft.device(device);
  if (request === undefined || request.id !== id || endOfRequest(request, now) !== undefined)
    return { code: 'NO_REQUEST', message: `nothing that ${device} was asked for waits for an answer under ${id}` };
  say(draft, context, device, { ...record, request: { ...request, end: 'withdrawn' } });
  deed(draft, device, now, 'REQUEST_WITHDRAWN', `${by} withdraws the request for ${requestWords(request)}`);
  return undefined;
}

/** An answer to what nobody asks any more is let go of. */
function takeAnswer(draft: Draft, device: string, answer: DeviceAnswer, now: number): void {
  const { request, ...record } = draft.device(device);
  if (request === undefined || request.id !== answer.id || request.end !== undefined) return;
  draft.keep(device, { ...record, request: { ...request, end: 'answered' } });
  draft.put({ kind: 'document', room: 'answer', name: device, value: { ...answer, at: now } });
  deed(draft, device, now, 'REQUEST_ANSWERED', `answered the request for ${requestWords(request)}`);
}

/** Takes what a device answered. What the shore has of it already comes to nothing. */
export function takeAnswers(draft: Draft, event: AnswersEvent, now: number): void {
  const { device, mark, answers, carried } = event;
  const before = draft.marks(device)[channelName];
  if (isBehind(mark, before)) return;
  for (const answer of answers) if (answer !== undefined) takeAnswer(draft, device, answer, now);
  noteTaken(draft, { device, channel: channelName, mark: { ...mark, at: heardAt(now, before, carried) } });
}
