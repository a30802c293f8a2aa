import { requestPayloadType } from '../../artifact/trust/dsse.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import type { DeviceRequest } from '../../schemas/generated/types.ts';
import { isDeviceRequest } from '../../schemas/generated/validators/device-request.js';
import { openSigned, type Unproven } from './judge-envelope.ts';

/** What an envelope with a request turned out to be. */
export type RequestJudgement = { readonly kind: 'genuine'; readonly request: DeviceRequest } | Unproven;

function refuse(code: string, message: string): Unproven {
  return { kind: 'refused', problem: { code, message } };
}

/** Judges what the shore asks: first who signed it, then what it says, for whom it is, and whether anybody waits for it still. */
export function judgeRequest(
  text: string,
  keys: readonly PublicKey[],
  device: string,
  nowMs: number,
): RequestJudgement {
  const opened = openSigned(text, requestPayloadType, keys);
  if (opened.kind !== 'signed') return opened;
  const { value } = opened;
  if (!isDeviceRequest(value)) {
    const { instancePath = '', message = '' } = isDeviceRequest.errors?.[0] ?? {};
    return refuse('REQUEST_MALFORMED', `the signed request: ${instancePath} ${message}`);
  }
  if (value.device !== device) return refuse('WRONG_DEVICE', `the request is for ${value.device}, this is ${device}`);
  if (Date.parse(value.expiresAt) <= nowMs)
    return refuse('REQUEST_EXPIRED', `nobody waits for it since ${value.expiresAt}`);
  return { kind: 'genuine', request: value };
}
