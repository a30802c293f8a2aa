/**
 * What follows from an event: writes, laid into a draft, and what is to be said once they are durable. Nothing here does
 * anything; what must happen afterwards is owed by a row of its own.
 */
import type { NewsAnswer } from '../../schemas/news.ts';
import type { ShadowMessage } from '../shadow/protocol.ts';
import { type Context, mayHear } from './context.ts';
import { withoutReport } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import type { AdoptionEvent, BundledEvent, ContactEvent, EngineEvent } from './events.ts';
import { record, recordDeed, type Tale } from './history.ts';
import { keepIssued, withoutEnvelope } from './issue.ts';
import { takeLogbook } from './logbook.ts';
import { noteTaken } from './marks.ts';
import { type ActRefusal, actOnRollout, beginRollouts, mendRollouts, stepRollout } from './move-rollout.ts';
import { tellNews } from './news.ts';
import { oweWord, postpone, settle } from './owed.ts';
import type { UnreadableDocument } from './records.ts';
import { remind } from './reminders.ts';
import { askDevice, type RequestRefusal, takeAnswers, withdrawRequest } from './requests.ts';
import { answerShadowRequest } from './shadow-request.ts';
import { withContact, withLink } from './silences.ts';
import { type ReceiptRefusal, takeReceipt } from './take-receipt.ts';
import { noteTurn } from './takeovers.ts';
import { writeDown } from './write-down.ts';

/** What a decision comes to besides writes. */
export interface Decision {
  /** Said when the writes are durable; lost with a stop, as whoever asked asks again. */
  readonly answers: readonly ShadowMessage[];
  /** For the log, when the writes are durable. */
  readonly tales: readonly Tale[];
  /** Devices for which it is to be thought over what they should get. */
  readonly reconsider: Iterable<string>;
  /** For a device that waits for it. */
  readonly news?: NewsAnswer;
  /** Why nothing follows from what an operator asked for. */
  readonly refusal?: ActRefusal;
  /** Why a device is not asked, or nothing is withdrawn. */
  readonly unasked?: RequestRefusal;
  /** Why nothing follows from a receipt. */
  readonly unbelieved?: ReceiptRefusal;
}

/** Nothing follows. */
export const nothing: Decision = { answers: [], tales: [], reconsider: [] };

function noteCertificate(draft: Draft, device: string, endsAt: number): void {
  const before = draft.device(device);
  if (before.certificateEndsAt !== endsAt) draft.keep(device, { ...before, certificateEndsAt: endsAt });
}

/** Written with the contact itself, a little later. */
function noteLink(draft: Draft, { desired, now }: Context, { device, connected }: ContactEvent): void {
  const before = draft.device(device);
  const record = withLink(before, connected, now);
  if (record === before || !desired.devices.has(device)) return;
  draft.put({ kind: 'device', name: device, record, isPassing: true });
}

function contact(draft: Draft, context: Context, event: ContactEvent): Decision {
  const { now } = context;
  const { device, address, takenOverFrom, certificateEndsAt } = event;
  noteLink(draft, context, event);
  if (certificateEndsAt !== undefined) noteCertificate(draft, device, certificateEndsAt);
  const tales: Tale[] = [];
  if (takenOverFrom !== undefined) {
    tales.push(...noteTurn(draft, device, [takenOverFrom, ...(address === undefined ? [] : [address])], now));
    // One line however often it happens; TWO_MACHINES is another when it goes on.
    if (draft.device(device).takeovers?.count === 1) {
      const fields = { device, from: takenOverFrom, to: address ?? '' };
      tales.push({ level: 'warn', event: 'device.taken-over', fields });
    }
  }
  return { ...nothing, tales };
}

function adoption(draft: Draft, context: Context, event: AdoptionEvent): Decision {
  const { revision, source, followed } = event;
  draft.put({ kind: 'revision', revision });
  draft.put({ kind: 'source', source });
  draft.put({ kind: 'accepted', revision: undefined });
  const fields = { revision: revision.id, subject: revision.subject, devices: followed.affected.size };
  const begun = beginRollouts(draft, context, event);
  return { ...nothing, tales: [{ level: 'info', event: 'revision.adopted', fields }, ...begun] };
}

function signed(draft: Draft, context: Context, event: Extract<EngineEvent, { kind: 'signed' }>): Decision {
  const { device, issued, envelope } = event;
  // A device refuses a sequence that does not grow, so signing one is a fault of this program.
  if (issued.sequence <= (draft.device(device).issued?.sequence ?? 0)) {
    throw new RangeError(`sequence ${issued.sequence} of ${device} does not grow`);
  }
  keepIssued(draft, device, issued, envelope, context.now);
  settle(draft, { kind: 'issue', subject: device });
  if (mayHear(context, device)) oweWord(draft, device, context.now);
  return nothing;
}

function settled(draft: Draft, event: Extract<EngineEvent, { kind: 'settled' }>): Decision {
  const { owed, sequence } = event;
  // What was said is not the newest any more: that is owed still.
  if (draft.device(owed.subject).issued?.sequence === sequence) settle(draft, owed);
  return nothing;
}

function failed(draft: Draft, { now }: Context, event: Extract<EngineEvent, { kind: 'failed' }>): Decision {
  const { attempts, failure = '' } = postpone(draft, event.owed, event.error, now);
  if (attempts > 1) return nothing;
  const { kind, subject } = event.owed;
  const code = kind === 'issue' ? 'NOT_ISSUED' : 'NOT_DELIVERED';
  const tales = record(draft, subject, [{ at: new Date(now).toISOString(), code, message: failure }]);
  return { ...nothing, tales };
}

/** What a document held is rebuilt: a deployment is issued anew, a report comes when its device says something again. */
function unreadable(draft: Draft, { document, row, error }: UnreadableDocument): Decision {
  const { room, name } = document;
  if (row !== undefined) draft.put({ kind: 'aside', row });
  const fields = { room, key: name, reason: String(error) };
  const tales: Tale[] = [{ level: 'warn', event: 'state.row-set-aside', fields }];
  // What was written since is in its place already.
  if (draft.document(room, name) !== undefined) return { ...nothing, tales };
  draft.put({ kind: 'document', room, name, value: undefined });
  const { heard, ...record } = draft.device(name);
  // Its newest report may come once more.
  if (room === 'reported') draft.keep(name, withoutReport(record));
  if (room === 'envelope') draft.keep(name, withoutEnvelope({ ...record, ...(heard && { heard }) }));
  return { ...nothing, tales, reconsider: [name] };
}

function bundled(draft: Draft, { now }: Context, { deployments, who, notAfter }: BundledEvent): Decision {
  for (const { device, sequence } of deployments) {
    const message = `${who} carries deployment ${sequence} to it in a bundle, which may be installed until ${notAfter}`;
    recordDeed(draft, device, { at: new Date(now).toISOString(), code: 'BUNDLED', message });
  }
  const fields = { devices: deployments.length, who, notAfter };
  return { ...nothing, tales: [{ level: 'info', event: 'bundle.made', fields }] };
}

function notAsked(unasked: RequestRefusal | undefined): Decision {
  return unasked === undefined ? nothing : { ...nothing, unasked };
}

function contacts(draft: Draft, context: Context, heardAt: ReadonlyMap<string, number>): Decision {
  for (const [device, at] of heardAt) draft.keep(device, withContact(draft.device(device), context, at));
  return nothing;
}

/** Decides what follows from one event. */
export function decide(draft: Draft, context: Context, event: EngineEvent): Decision {
  switch (event.kind) {
    case 'shadow-request': {
      const { answers, tales, isNews } = answerShadowRequest(draft, context, event);
      return { answers, tales, reconsider: isNews ? [event.device] : [] };
    }
    case 'news': {
      const { answer, tales, isNews } = tellNews(draft, context, event);
      return { ...nothing, news: answer, tales, reconsider: isNews ? [event.device] : [] };
    }
    case 'contact':
      return contact(draft, context, event);
    case 'messages-taken':
      noteTaken(draft, event);
      return nothing;
    case 'logbook':
      return { ...nothing, tales: takeLogbook(draft, event, context.now) };
    case 'request':
      return notAsked(askDevice(draft, context, event));
    case 'withdrawal':
      return notAsked(withdrawRequest(draft, context, event));
    case 'answers':
      takeAnswers(draft, event, context.now);
      return nothing;
    case 'certificate':
      noteCertificate(draft, event.device, event.endsAt);
      return nothing;
    case 'adoption':
      return adoption(draft, context, event);
    case 'source':
      draft.put({ kind: 'source', source: event.source });
      return nothing;
    case 'acceptance':
      draft.put({ kind: 'accepted', revision: event.revision });
      return nothing;
    case 'refusals':
      for (const write of event.writes) draft.put(write);
      return nothing;
    case 'tokens':
      for (const write of event.writes) draft.put({ kind: 'token', ...write });
      return nothing;
    case 'audit':
      return { ...nothing, tales: writeDown(draft, event.deed, context.now) };
    case 'bundled':
      return bundled(draft, context, event);
    case 'receipt': {
      const taken = takeReceipt(draft, context, event);
      return { ...nothing, ...taken, reconsider: taken.unbelieved === undefined ? [event.device] : [] };
    }
    case 'contacts':
      return contacts(draft, context, event.heardAt);
    case 'signed':
      return signed(draft, context, event);
    case 'unreadable':
      return unreadable(draft, event.found);
    case 'reminder':
      remind(draft, context, event.devices);
      return nothing;
    case 'rollout-step':
      return { ...nothing, ...stepRollout(draft, context, event.fleet) };
    case 'rollout-act':
      return { ...nothing, ...actOnRollout(draft, context, event.fleet, event.asked) };
    case 'rollouts-behind':
      return { ...nothing, ...mendRollouts(draft, context, event.fleets) };
    case 'settled':
      return settled(draft, event);
    case 'failed':
      return failed(draft, context, event);
    default:
      throw event satisfies never;
  }
}
