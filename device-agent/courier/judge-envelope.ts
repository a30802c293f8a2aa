import { deploymentPayloadType, openEnvelope } from '../../artifact/trust/dsse.ts';
import { TrustError } from '../../artifact/trust/error.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import { isDeployment } from '../../schemas/generated/validators/deployment.js';
import type { Problem } from '../problem.ts';

/** Why an envelope does not count. */
export type Unproven =
  /** No key this device knows signed it: newer metadata may name the key. */
  | { readonly kind: 'unknown-signer'; readonly problem: Problem }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** What an envelope turned out to be. */
export type Judgement = { readonly kind: 'genuine'; readonly deployment: Deployment } | Unproven;

function refuse(code: string, message: string, sequence?: number): Unproven {
  return { kind: 'refused', problem: { code, message, ...(sequence === undefined ? {} : { sequence }) } };
}

/** What an envelope says whose signature counts, as it was parsed; undefined where it is not JSON. */
export function openSigned(
  text: string,
  payloadType: string,
  keys: readonly PublicKey[],
): Unproven | { readonly kind: 'signed'; readonly value: unknown } {
  let payload: Uint8Array;
  try {
    payload = openEnvelope(text, payloadType, keys, 1);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    const problem = { code: `ENVELOPE_${error.code}`, message: error.message };
    return error.code === 'THRESHOLD' ? { kind: 'unknown-signer', problem } : { kind: 'refused', problem };
  }
  try {
    return { kind: 'signed', value: JSON.parse(Buffer.from(payload).toString('utf8')) };
  } catch {
    return { kind: 'signed', value: undefined };
  }
}

/** Judges an envelope: first who signed it, then what it says, then for whom it is. Its sequence is the engine's matter. */
export function judgeEnvelope(text: string, keys: readonly PublicKey[], device: string): Judgement {
  const opened = openSigned(text, deploymentPayloadType, keys);
  if (opened.kind !== 'signed') return opened;
  const { value } = opened;
  if (value === undefined) return refuse('DEPLOYMENT_MALFORMED', 'the signed deployment is not JSON');
  if (!isDeployment(value)) {
    const [first] = isDeployment.errors ?? [];
    return refuse(
      'DEPLOYMENT_MALFORMED',
      `the signed deployment: ${first?.instancePath ?? ''} ${first?.message ?? ''}`,
    );
  }
  if (value.device !== device) {
    return refuse('WRONG_DEVICE', `the deployment is for ${value.device}, this is ${device}`, value.sequence);
  }
  const names = new Set(value.applications.map(({ name }) => name));
  if (names.size < value.applications.length) {
    return refuse('DEPLOYMENT_MALFORMED', 'the signed deployment names an application twice', value.sequence);
  }
  return { kind: 'genuine', deployment: value };
}
