/**
 * The AWS IoT Device Shadow protocol for one named shadow, as a function: the shadow as it is and one request in, the shadow
 * as it becomes and the messages to publish out. It does no I/O; whoever calls it stores `next` before it publishes.
 *
 * One deviation from AWS, for links that are paid by the kilobyte: `update/delta` is published only when the request spoke of
 * the desired state or changed the difference. A report that changes nothing of what is still to do does not send the
 * device its whole desired state again.
 *
 * Beside it stand brief reports, for devices that know this service (`schemas/brief-report.ts`): they are updates like others, and their
 * answers tell nothing that the device said itself.
 */
import { sumOfJson } from '../../schemas/brief-report.ts';
import {
  equalJson,
  type JsonObject,
  mergeState,
  type Shadow,
  type ShadowSection,
  type StampedState,
  shadowDelta,
  stampedObject,
} from './document.ts';
import { stateBytesMax } from './limits.ts';
import type { AnswerToken, SectionChange, ShadowRejection, ShadowRequest } from './request.ts';
import { answerTopic, type ShadowOperation, shadowName } from './topics.ts';

/** A message to publish. Its bytes are made whenever they are asked for: what nobody hears is only named. */
export interface ShadowMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** What a request comes to. */
export interface ShadowOutcome {
  readonly device: string;
  readonly operation: ShadowOperation;
  /** Absent when the shadow stays as it is. */
  readonly next?: Shadow;
  readonly rejection?: ShadowRejection;
  /** In the order in which they are to be published. */
  readonly messages: readonly ShadowMessage[];
}

const encoder = new TextEncoder();

function message(topic: string, body: unknown): ShadowMessage {
  return {
    topic,
    get payload() {
      return encoder.encode(JSON.stringify(body));
    },
  };
}

function tokenOf({ clientToken, report }: AnswerToken): AnswerToken {
  return { ...(clientToken === undefined ? {} : { clientToken }), ...(report === undefined ? {} : { report }) };
}

/** Bytes of a state as the limit counts them. */
export function stateBytes(shadow: Shadow): number {
  return Buffer.byteLength(JSON.stringify(shadow.state));
}

function changeSection(
  shadow: Shadow,
  section: ShadowSection,
  change: SectionChange | undefined,
  timestamp: number,
): StampedState | undefined {
  const state = shadow.state[section];
  const metadata = shadow.metadata[section];
  const base = state === undefined || metadata === undefined ? undefined : { state, metadata };
  if (change === undefined) return base;
  if (change === null) return undefined;
  const merged = mergeState(base ?? { state: {}, metadata: {} }, change, timestamp);
  return Object.keys(merged.state).length === 0 ? undefined : merged;
}

function withoutReported({ state, metadata, ...rest }: Shadow): Shadow {
  const { reported: _state, ...stateLeft } = state;
  const { reported: _metadata, ...metadataLeft } = metadata;
  return { ...rest, state: stateLeft, metadata: metadataLeft };
}

/** The shadow after a request was merged into it, before the size is judged. */
function changeShadow(shadow: Shadow, request: ShadowRequest, timestamp: number): Shadow {
  const desired = changeSection(shadow, 'desired', request.desired, timestamp);
  const base = request.replacesReported === true ? withoutReported(shadow) : shadow;
  const reported = changeSection(base, 'reported', request.reported, timestamp);
  return {
    version: shadow.version + 1,
    deleted: false,
    state: {
      ...(desired === undefined ? {} : { desired: desired.state }),
      ...(reported === undefined ? {} : { reported: reported.state }),
    },
    metadata: {
      ...(desired === undefined ? {} : { desired: desired.metadata }),
      ...(reported === undefined ? {} : { reported: reported.metadata }),
    },
  };
}

/** The request's own sections and their metadata, which is all that `update/accepted` tells. */
function echo(request: ShadowRequest, timestamp: number): { state: JsonObject; metadata: JsonObject } {
  const state: Record<string, SectionChange> = {};
  const metadata: Record<string, JsonObject> = {};
  for (const section of ['desired', 'reported'] as const) {
    const change = request[section];
    if (change === undefined) continue;
    state[section] = change;
    if (change !== null) metadata[section] = stampedObject(change, timestamp);
  }
  return { state, metadata };
}

function snapshotOf({ state, metadata, version }: Shadow): object {
  return { state, metadata, version };
}

/** The message that tells a device what is still to do; none when nothing is. */
export function deltaMessages(device: string, shadow: Shadow, nowMs: number, token: AnswerToken = {}): ShadowMessage[] {
  const delta = shadowDelta(shadow);
  if (delta === undefined) return [];
  const head = { version: shadow.version, timestamp: Math.floor(nowMs / 1000) };
  return [message(answerTopic(device, 'update', 'delta'), { ...head, ...delta, ...tokenOf(token) })];
}

/** Whether a request gave the device something to learn. */
function touchesDelta(before: Shadow, next: Shadow, request: ShadowRequest): boolean {
  return request.desired !== undefined || !equalJson(shadowDelta(before)?.state, shadowDelta(next)?.state);
}

/** That an update was taken, as AWS tells it. */
function wholeAnswers(device: string, shadow: Shadow, next: Shadow, request: ShadowRequest, timestamp: number) {
  const accepted = { ...echo(request, timestamp), version: next.version, timestamp, ...tokenOf(request) };
  const documents = {
    ...(shadow.deleted ? {} : { previous: snapshotOf(shadow) }),
    current: snapshotOf(next),
    timestamp,
    ...tokenOf(request),
  };
  return [
    message(answerTopic(device, 'update', 'accepted'), accepted),
    message(answerTopic(device, 'update', 'documents'), documents),
  ];
}

/** That a brief report was taken. */
function briefAnswers(device: string, request: ShadowRequest): ShadowMessage[] {
  return [message(answerTopic(device, 'update', 'accepted'), tokenOf(request))];
}

type Decision = ShadowRejection | { readonly next?: Shadow; readonly messages: readonly ShadowMessage[] };

/** The shadow after an update that nobody is told of; undefined when it would be larger than a shadow may be. */
function updatedShadow(shadow: Shadow, request: ShadowRequest, nowMs: number): Shadow | undefined {
  const next = changeShadow(shadow, request, Math.floor(nowMs / 1000));
  return stateBytes(next) > stateBytesMax ? undefined : next;
}

function update(device: string, shadow: Shadow, request: ShadowRequest, nowMs: number): Decision {
  const timestamp = Math.floor(nowMs / 1000);
  if (request.version !== undefined && request.version !== shadow.version) {
    return { code: 409, message: 'Version conflict' };
  }
  const next = updatedShadow(shadow, request, nowMs);
  if (next === undefined) return { code: 413, message: 'The payload exceeds the maximum size allowed' };
  const messages =
    request.report === undefined
      ? wholeAnswers(device, shadow, next, request, timestamp)
      : briefAnswers(device, request);
  const delta = touchesDelta(shadow, next, request) ? deltaMessages(device, next, nowMs, tokenOf(request)) : [];
  return { next, messages: messages.toSpliced(1, 0, ...delta) };
}

const noShadow: ShadowRejection = { code: 404, message: `No shadow exists with name: ${shadowName}` };

function get(device: string, shadow: Shadow, request: ShadowRequest, nowMs: number): Decision {
  if (shadow.deleted) return noShadow;
  const delta = shadowDelta(shadow);
  const state = { ...shadow.state, ...(delta === undefined ? {} : { delta: delta.state }) };
  const body = {
    state,
    metadata: shadow.metadata,
    version: shadow.version,
    timestamp: Math.floor(nowMs / 1000),
    ...tokenOf(request),
  };
  return { messages: [message(answerTopic(device, 'get', 'accepted'), body)] };
}

function remove(device: string, shadow: Shadow, request: ShadowRequest, nowMs: number): Decision {
  if (shadow.deleted) return noShadow;
  if (request.version !== undefined && request.version !== shadow.version) {
    return { code: 409, message: 'Version conflict' };
  }
  const body = { version: shadow.version, timestamp: Math.floor(nowMs / 1000), ...tokenOf(request) };
  return {
    next: { version: shadow.version, deleted: true, state: {}, metadata: {} },
    messages: [message(answerTopic(device, 'delete', 'accepted'), body)],
  };
}

const operations = { get, update, delete: remove };

/**
 * Answers a device that knows a desired state already with what is news to it, and that it may report briefly and order parcels;
 * `isFollowed`: whether the end of its connection is noticed without its reports. Where it was never wanted anything of, it hears so.
 */
export function answerBriefly(
  device: string,
  shadow: Shadow,
  request: ShadowRequest,
  isFollowed: boolean,
): ShadowOutcome {
  const { desired } = shadow.state;
  const isNews = request.knows !== (desired === undefined ? 0 : sumOfJson(desired));
  const state = desired === undefined ? {} : { desired };
  const body = { ...(isNews ? { state } : {}), brief: { isFollowed, fillsParcels: true }, ...tokenOf(request) };
  return { device, operation: 'get', messages: [message(answerTopic(device, 'get', 'accepted'), body)] };
}

/** Refuses a request, whatever it holds, in the words of the protocol. */
export function rejectRequest(
  device: string,
  operation: ShadowOperation,
  rejection: ShadowRejection,
  nowMs: number,
  token: AnswerToken = {},
): ShadowOutcome {
  const timestamp = Math.floor(nowMs / 1000);
  const body = { ...rejection, timestamp, ...tokenOf(token) };
  const messages = [message(answerTopic(device, operation, 'rejected'), body)];
  return { device, operation, rejection, messages };
}

/** Applies a request that is already parsed, such as the controller's own. */
export function applyRequest(
  device: string,
  shadow: Shadow,
  operation: ShadowOperation,
  request: ShadowRequest,
  nowMs: number,
): ShadowOutcome {
  const decision = operations[operation](device, shadow, request, nowMs);
  if ('code' in decision) return rejectRequest(device, operation, decision, nowMs, request);
  return { device, operation, ...decision };
}
