/** What devices are asked for, signed, and what of that is shown. */
import type { Clock, Random } from '../platform/ports.ts';
import type { DeviceAnswer, DeviceRequest, RequestOrder, RequestStatus } from '../schemas/generated/types.ts';
import type { Controller } from './controller-parts.ts';
import type { RequestParts } from './doors/http/request-routes.ts';
import type { KeptAnswer, KeptRequest } from './engine/records.ts';
import { endOfRequest } from './engine/requests.ts';

/** What requests are made with. */
export interface RequestWorld {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
  /** An envelope by the deployment key. */
  readonly sign: (request: DeviceRequest) => string;
}

/** A week: a ship that is seldom heard answers too. */
const lifetimeSecondsUsual = 7 * 86_400;
/** Of an answer: what one message of a device takes. */
const answerBytesMax = 24_576;
const idBytes = 8;
const byCharactersMax = 64;

function requestFor(id: string, device: string, order: RequestOrder, now: number): DeviceRequest {
  const { ask, application, sinceSeconds, lifetimeSeconds = lifetimeSecondsUsual } = order;
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'DeviceRequest', device, ask, bytesMax: answerBytesMax },
    id,
    issuedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + lifetimeSeconds * 1000).toISOString(),
    ...(application === undefined ? {} : { application }),
    ...(sinceSeconds === undefined ? {} : { since: new Date(now - sinceSeconds * 1000).toISOString() }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function requestStatus(request: KeptRequest, now: number): RequestStatus {
  const { id, ask, application, since, by, why, at, expiresAt } = request;
  return {
    ...{ id, ask, state: endOfRequest(request, now) ?? 'open', by, at: isoTime(at), expiresAt: isoTime(expiresAt) },
    ...(application === undefined ? {} : { application }),
    ...(since === undefined ? {} : { since: isoTime(since) }),
    ...(why === undefined ? {} : { why }),
  };
}

function answerStatus({ text, isCut, lack, at }: KeptAnswer): DeviceAnswer {
  return { receivedAt: isoTime(at), text, ...(isCut && { isCut }), ...(lack === undefined ? {} : { lack }) };
}

/** Asks devices by the deployment key. */
export function deviceRequests(
  { clock, random, sign }: RequestWorld,
  controller: Pick<Controller, 'placeOf' | 'requestOf' | 'askDevice'>,
): RequestParts {
  return {
    placeOf: (device) => controller.placeOf(device),
    requestOf: async (device) => {
      const { request, answer } = await controller.requestOf(device);
      return {
        ...(request && { request: requestStatus(request, clock.now()) }),
        ...(answer && { answer: answerStatus(answer) }),
      };
    },
    askDevice: (device, order, by) => {
      const id = Buffer.from(random.bytes(idBytes)).toString('hex');
      const signed = requestFor(id, device, order, clock.now());
      const { ask, application, since, expiresAt } = signed;
      const request = {
        ...{ id, ask, by: by.slice(0, byCharactersMax), expiresAt: Date.parse(expiresAt) },
        ...(application === undefined ? {} : { application }),
        ...(since === undefined ? {} : { since: Date.parse(since) }),
        ...(order.why === undefined || order.why === '' ? {} : { why: order.why }),
        envelope: sign(signed),
      };
      return controller.askDevice({ kind: 'request', device, request });
    },
    withdrawRequest: (device, id, by) => controller.askDevice({ kind: 'withdrawal', device, id, by }),
  };
}
