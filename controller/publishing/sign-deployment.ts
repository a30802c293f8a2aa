import { deploymentPayloadType, signEnvelope } from '../../artifact/trust/dsse.ts';
import type { PrivateKey } from '../../artifact/trust/keys.ts';
import type { Deployment } from '../../schemas/generated/types.ts';

/** The deployment in a DSSE envelope by a deployment key. */
export function signDeployment(deployment: Deployment, key: PrivateKey): string {
  return signEnvelope(deploymentPayloadType, new TextEncoder().encode(JSON.stringify(deployment)), [key]);
}
