/** Who may speak: a device that git names, with the key that git names. Broker, HTTP and enrolment all ask here. */
import type { Refusal } from '../../schemas/generated/types.ts';
import { bareFingerprint } from '../../schemas/key-fingerprint.ts';
import type { DesiredDevice } from '../manifests/desired.ts';

/** Why somebody is not let in; `code` decides, the message is for people. */
export interface AuthorizationRefusal {
  readonly code: string;
  readonly message: string;
}

/** Judges a name and a key fingerprint by the revision in force. */
export type AuthorizeDevice = (device: string, keyFingerprint: string) => 'ok' | AuthorizationRefusal;

/** Somebody was not let in; the receiver adds the time. */
export type OnRefusal = (refusal: Omit<Refusal, 'at'>) => void;

/** The judgement over one desired fleet: the device is there, has a key, and it is this one. */
export function authorizeByFleet(devices: ReadonlyMap<string, DesiredDevice>): AuthorizeDevice {
  return (name, keyFingerprint) => {
    const device = devices.get(name);
    if (device === undefined) return { code: 'DEVICE_UNKNOWN', message: `no manifest names a device ${name}` };
    if (device.keyFingerprint === undefined) {
      const message = `the manifest of ${name} has no keyFingerprint; the key that asks is ${keyFingerprint}`;
      return { code: 'DEVICE_WITHOUT_KEY', message };
    }
    if (bareFingerprint(device.keyFingerprint) !== bareFingerprint(keyFingerprint)) {
      const message = `the manifest of ${name} names the key ${device.keyFingerprint}, the key that asks is ${keyFingerprint}`;
      return { code: 'KEY_MISMATCH', message };
    }
    return 'ok';
  };
}
