import {
  bundlePayloadType,
  deploymentPayloadType,
  requestPayloadType,
  signEnvelope,
  timePayloadType,
} from '../../artifact/trust/dsse.ts';
import type { PrivateKey } from '../../artifact/trust/keys.ts';
import type { BundleStatement, Deployment, DeviceRequest } from '../../schemas/generated/types.ts';

/** The deployment in a DSSE envelope by a deployment key. */
export function signDeployment(deployment: Deployment, key: PrivateKey): string {
  return signEnvelope(deploymentPayloadType, new TextEncoder().encode(JSON.stringify(deployment)), [key]);
}

/** What a bundle has for whom, and until when it may be installed, in an envelope by the same key. */
export function signBundle(statement: BundleStatement, key: PrivateKey): string {
  return signEnvelope(bundlePayloadType, new TextEncoder().encode(JSON.stringify(statement)), [key]);
}

/** What time it is, for one device that asked, in an envelope by the same key. */
export function signTime(statement: object, key: PrivateKey): string {
  return signEnvelope(timePayloadType, new TextEncoder().encode(JSON.stringify(statement)), [key]);
}

/** What is asked of a device, in an envelope by the same key. */
export function signRequest(request: DeviceRequest, key: PrivateKey): string {
  return signEnvelope(requestPayloadType, new TextEncoder().encode(JSON.stringify(request)), [key]);
}
