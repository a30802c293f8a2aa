import { openSecret } from '../artifact/seal/sealed-secret.ts';
import { type CarriedClaim, signMessages } from '../schemas/carried-messages.ts';
import type { CarriedMessages, Receipt, Report } from '../schemas/generated/types.ts';
import { signReceipt } from '../schemas/receipt.ts';
import type { DeviceIdentityStore } from './enrol-identity.ts';
import type { OpenSecret } from './runtime/grants/opened-secrets.ts';

/** Opens what was sealed to the key of this device; the key is read each time and kept nowhere. */
export function deviceSecrets(identity: Pick<DeviceIdentityStore, 'keyText'>, device: string): OpenSecret {
  return (secret) => {
    const key = identity.keyText();
    return key === undefined ? undefined : openSecret(secret, { device, key });
  };
}

/** Signs what this device says of itself; the key is read each time and kept nowhere. */
export function receiptSigner(identity: Pick<DeviceIdentityStore, 'keyText'>, device: string) {
  return (report: Report): Receipt | undefined => {
    const key = identity.keyText();
    return key === undefined ? undefined : signReceipt(device, report, key);
  };
}

/** Signs what this device has for the shore, to be carried there by hand; the key is read each time and kept nowhere. */
export function messagesSigner(identity: Pick<DeviceIdentityStore, 'keyText'>) {
  return (claim: CarriedClaim): CarriedMessages | undefined => {
    const key = identity.keyText();
    return key === undefined ? undefined : signMessages(claim, key);
  };
}
