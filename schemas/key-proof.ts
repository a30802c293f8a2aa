/** That a device has its key at this moment: it signs what it was asked, together with what it asks for. */
import { type DeviceSignature, provenSigner, signAsDevice } from './device-signature.ts';
import { sha256Hex } from './sha256.ts';

const type = 'fleet proof 1\n';

/** What is signed: whose key it is said to be, what was asked, and the request for a certificate (PEM) that it stands for. */
export interface ProvenClaim {
  readonly device: string;
  readonly challenge: string;
  readonly csr: string;
}

function bytesOf({ device, challenge, csr }: ProvenClaim): Uint8Array {
  return Buffer.from(JSON.stringify([device, challenge, sha256Hex(Buffer.from(csr))]));
}

/** The signature of the device's key (PEM), in base64. */
export function signProof(claim: ProvenClaim, key: string): string {
  return signAsDevice(type, bytesOf(claim), key).signature;
}

/** Whether that key signed the claim; whose key it is, is for git to say. */
export function isProven(claim: ProvenClaim, shown: DeviceSignature): boolean {
  return provenSigner(type, bytesOf(claim), shown) !== undefined;
}
