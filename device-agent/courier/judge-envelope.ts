import { deploymentPayloadType, openEnvelope } from '../../artifact/trust/dsse.ts';
import { TrustError } from '../../artifact/trust/error.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import { isDeployment } from '../../schemas/generated/validators/deployment.js';
import type { Problem } from '../problem.ts';

/** What an envelope turned out to be. */
export type Judgement =
  | { readonly kind: 'genuine'; readonly deployment: Deployment }
  /** No key this device knows signed it: newer metadata may name the key. */
  | { readonly kind: 'unknown-signer'; readonly problem: Problem }
  | { readonly kind: 'refused'; readonly problem: Problem };

function refuse(code: string, message: string, sequence?: number): Judgement {
  return { kind: 'refused', problem: { code, message, ...(sequence === undefined ? {} : { sequence }) } };
}

/** Judges an envelope: first who signed it, then what it says, then for whom it is. Its sequence is the engine's matter. */
export function judgeEnvelope(text: string, keys: readonly PublicKey[], device: string): Judgement {
  let payload: Uint8Array;
  try {
    payload = openEnvelope(text, deploymentPayloadType, keys, 1);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    const problem = { code: `ENVELOPE_${error.code}`, message: error.message };
    return error.code === 'THRESHOLD' ? { kind: 'unknown-signer', problem } : { kind: 'refused', problem };
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return refuse('DEPLOYMENT_MALFORMED', 'the signed deployment is not JSON');
  }
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
