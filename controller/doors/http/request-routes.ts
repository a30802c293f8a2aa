/** What devices are asked for, and what they answered: `/api/v1/devices/{name}/requests`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { RequestAnswer, RequestOrder } from '../../../schemas/generated/types.ts';
import { isRequestOrder } from '../../../schemas/generated/validators/request-order.js';
import { type Caller, isTheirs, type Subject } from '../../access/caller.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import type { AskedByCaller } from './route.ts';

/** Why a device is not asked, or nothing is withdrawn. */
export interface RequestRefusal {
  readonly code: 'DEVICE_UNKNOWN' | 'AGENT_TOO_OLD' | 'NOTHING_ISSUED' | 'REQUEST_OPEN' | 'NO_ROOM' | 'NO_REQUEST';
  readonly message: string;
}

export interface RequestParts {
  /** Where a device belongs; undefined where git names none. */
  readonly placeOf: (device: string) => Subject | undefined;
  /** Signs it and has it asked; durable when it resolves. */
  readonly askDevice: (device: string, order: RequestOrder, by: string) => Promise<RequestRefusal | undefined>;
  readonly withdrawRequest: (device: string, id: string, by: string) => Promise<RequestRefusal | undefined>;
  readonly requestOf: (device: string) => Promise<RequestAnswer>;
}

const refusalStatus: Readonly<Record<RequestRefusal['code'], number>> = {
  DEVICE_UNKNOWN: 404,
  NO_REQUEST: 404,
  AGENT_TOO_OLD: 409,
  NOTHING_ISSUED: 409,
  REQUEST_OPEN: 409,
  NO_ROOM: 409,
};

function refused({ code, message }: RequestRefusal): HttpResponse {
  return errorAnswer(refusalStatus[code], code, message);
}

/** Why nothing is done about a device: there is none of this name, or it is not theirs, which looks the same. */
function notTheirs({ placeOf }: RequestParts, device: string, caller: Caller): HttpResponse | undefined {
  const place = placeOf(device);
  if (place !== undefined && isTheirs(caller, place)) return undefined;
  return errorAnswer(
    404,
    'DEVICE_UNKNOWN',
    `no manifest names a device ${device.slice(0, 64)}, or it is not of your fleets and sites`,
  );
}

/** The controller's own token is whoever has it. */
function whoOf({ kind, name }: Caller, who: string | undefined): string {
  return kind === 'installation' ? (who ?? name) : name;
}

async function statusAnswer(parts: RequestParts, status: number, device: string): Promise<HttpResponse> {
  const { request } = await parts.requestOf(device);
  return jsonAnswer(status, request);
}

/** What was asked last, and answered to that. */
export async function requestAnswer(parts: RequestParts, { params, caller }: AskedByCaller): Promise<HttpResponse> {
  const device = params.name!;
  const missing = notTheirs(parts, device, caller);
  if (missing !== undefined) return missing;
  return jsonAnswer(200, await parts.requestOf(device));
}

/** Why an order is none that can be asked. */
function faultOf(order: unknown): string | undefined {
  if (!isRequestOrder(order)) {
    const { instancePath = '', message = 'no JSON' } = isRequestOrder.errors?.[0] ?? {};
    return `${instancePath === '' ? 'the body' : instancePath.slice(1)} ${message}`;
  }
  const { ask, application, sinceSeconds } = order;
  if (ask === 'logs') return application === undefined ? 'application must say whose log is asked for' : undefined;
  if (application === undefined && sinceSeconds === undefined) return undefined;
  return 'application and sinceSeconds are said of logs, and a diagnosis takes none: leave them out';
}

/** Asks a device for something. */
export async function askAnswer(
  parts: RequestParts,
  { params, caller, request }: AskedByCaller,
): Promise<HttpResponse> {
  const device = params.name!;
  const order = parseJson(request.body);
  const fault = faultOf(order);
  if (fault !== undefined) return errorAnswer(400, 'BAD_REQUEST', fault);
  const missing = notTheirs(parts, device, caller);
  if (missing !== undefined) return missing;
  const { who, ...rest } = order as RequestOrder;
  const refusal = await parts.askDevice(device, rest, whoOf(caller, who));
  return refusal === undefined ? statusAnswer(parts, 202, device) : refused(refusal);
}

/** Takes that back. */
export async function withdrawAnswer(parts: RequestParts, { params, caller }: AskedByCaller): Promise<HttpResponse> {
  const device = params.name!;
  const missing = notTheirs(parts, device, caller);
  if (missing !== undefined) return missing;
  const refusal = await parts.withdrawRequest(device, params.id!.slice(0, 64), caller.name);
  return refusal === undefined ? statusAnswer(parts, 200, device) : refused(refusal);
}
