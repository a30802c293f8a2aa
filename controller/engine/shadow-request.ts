/**
 * A device asks its shadow for something. What it says of itself counts only when it is a report, whole and new; what it
 * should do is not its to write. A shadow that differs from what the device was issued is put right on the way.
 */
import { isBriefReport } from '../../schemas/brief-report.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { equalJson, type JsonObject, type Shadow } from '../shadow/document.ts';
import { packShadow, unpackShadow } from '../shadow/packed-shadow.ts';
import {
  answerBriefly,
  applyRequest,
  rejectRequest,
  type ShadowMessage,
  type ShadowOutcome,
} from '../shadow/protocol.ts';
import {
  type AnswerToken,
  type ParsedRequest,
  parseBriefReport,
  parseRequest,
  type ShadowRejection,
  type ShadowRequest,
} from '../shadow/request.ts';
import type { Context } from './context.ts';
import { reportedOf, reportOf, shadowOf } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import type { ShadowRequestEvent } from './events.ts';
import type { Tale } from './history.ts';
import { handOver } from './issue.ts';
import { orderOf } from './report-order.ts';
import { confirmReport, dropReport, readReport, takeReport } from './take-report.ts';

/** What a request comes to besides writes. */
export interface Answered {
  readonly answers: readonly ShadowMessage[];
  readonly tales: readonly Tale[];
  /** The device said something new of itself: what it should get is to be thought over. */
  readonly isNews: boolean;
  /** Why it is refused. */
  readonly rejection?: ShadowRejection;
}

const forbidden: ShadowRejection = {
  code: 403,
  message: 'Forbidden: a device writes what it reports, and nothing else of its shadow',
};

/** One request as it is being answered. */
class Exchange {
  readonly #draft: Draft;
  readonly #context: Context;
  readonly #event: ShadowRequestEvent;
  readonly #key: string;

  constructor(draft: Draft, context: Context, event: ShadowRequestEvent, key: string) {
    this.#draft = draft;
    this.#context = context;
    this.#event = event;
    this.#key = key;
  }

  #reject(rejection: ShadowRejection, token: AnswerToken, tales: readonly Tale[] = []): Answered {
    const { device, operation } = this.#event;
    const { messages } = rejectRequest(device, operation, rejection, this.#context.now, token);
    return { answers: messages, tales, isNews: false, rejection };
  }

  /** Not believed: said once, and the device hears why. */
  #drop(code: string, message: string, token: AnswerToken): Answered {
    const tales = dropReport(this.#draft, this.#event.device, code, message, this.#context.now);
    return this.#reject({ code: 400, message: message.slice(0, 200) }, token, tales);
  }

  #apply(request: ShadowRequest, shadow: Shadow): ShadowOutcome {
    const { device, operation } = this.#event;
    return applyRequest(device, shadow, operation, request, this.#context.now);
  }

  get(request: ShadowRequest): Answered {
    const { device } = this.#event;
    const shadow = unpackShadow(shadowOf(this.#draft, device));
    const isFollowed = this.#context.links !== undefined;
    const { messages } =
      request.knows === undefined ? this.#apply(request, shadow) : answerBriefly(device, shadow, request, isFollowed);
    return { answers: messages, tales: [], isNews: false };
  }

  update(request: ShadowRequest): Answered {
    const { reported } = request;
    if (request.desired !== undefined) return this.#reject(forbidden, request);
    if (reported === undefined) return this.#reject({ code: 400, message: 'Missing required node: reported' }, request);
    const report = readReport(reported);
    if (typeof report === 'string') return this.#drop('REPORT_NOT_VALID', report, request);
    return this.#report(request, report);
  }

  #report(request: ShadowRequest, report: Report): Answered {
    const { device } = this.#event;
    const before = this.#draft.device(device);
    const shadow = shadowOf(this.#draft, device);
    const order = orderOf(before.heard, this.#key, report);
    if (order.kind === 'again' && equalJson(shadow.reported?.state, report as unknown as JsonObject)) {
      confirmReport(this.#draft, device);
      const { messages } = this.#apply({ ...request, replacesReported: true }, unpackShadow(shadow));
      return { answers: messages, tales: [], isNews: false };
    }
    if (order.kind !== 'new') {
      this.#draft.keep(device, { ...before, heard: order.heard });
      return this.#drop(order.code, order.message, request);
    }
    const previous = before.heard?.key === this.#key ? reportOf(this.#draft, device) : undefined;
    // A report is whole: what an earlier one said and this does not is not so any more.
    const { next, messages, rejection } = this.#apply({ ...request, replacesReported: true }, unpackShadow(shadow));
    const packed = next && packShadow(next);
    if (packed?.reported === undefined)
      return { answers: messages, tales: [], isNews: false, ...(rejection && { rejection }) };
    const { version, reported } = packed;
    const tales = takeReport(this.#draft, device, order, { version, reported, previous }, this.#context);
    return { answers: messages, tales, isNews: true };
  }

  #parse(): ParsedRequest {
    const { device, operation, payload } = this.#event;
    if (operation !== 'update' || !isBriefReport(payload)) return parseRequest(payload, operation === 'update');
    return parseBriefReport(payload, reportedOf(this.#draft, device)?.state);
  }

  answer(): Answered {
    const { device, operation } = this.#event;
    const parsed = this.#parse();
    if (parsed.kind === 'rejected') return this.#reject(parsed.rejection, parsed.token);
    if (operation === 'delete') return this.#reject(forbidden, parsed.request);
    const record = this.#draft.device(device);
    const right = handOver(record, this.#context.now);
    if (right !== record) this.#draft.keep(device, right);
    return operation === 'get' ? this.get(parsed.request) : this.update(parsed.request);
  }
}

/** Answers one request of a device. One that git does not name has no shadow, and nothing is remembered of it. */
export function answerShadowRequest(draft: Draft, context: Context, event: ShadowRequestEvent): Answered {
  const { device, operation } = event;
  const key = context.desired.devices.get(device)?.keyFingerprint;
  if (key === undefined) {
    const rejection = { code: 404, message: 'Thing not found' } as const;
    const { messages } = rejectRequest(device, operation, rejection, context.now);
    return { answers: messages, tales: [], isNews: false, rejection };
  }
  return new Exchange(draft, context, event, key).answer();
}
