/** Who hears at the broker what devices' applications say: programs on shore, by their keys, as the controller's configuration names them. */
import { bareFingerprint } from '../../schemas/key-fingerprint.ts';
import type { AuthorizeDevice } from './authorization.ts';

/** The common name of a subscriber begins so: no device is called that. */
const prefix = 'subscriber.';

/** A program that may subscribe. */
export interface Subscriber {
  readonly name: string;
  readonly keyFingerprint: string;
}

/** Whether a certificate of that common name is a subscriber's. */
export function isSubscriber(commonName: string): boolean {
  return commonName.startsWith(prefix);
}

/** The common name in its certificate. */
export function subscriberCommonName(name: string): string {
  return prefix + name;
}

/** Judges subscribers by the configuration, and leaves everybody else to `devices`. */
export function authorizeSubscribers(subscribers: readonly Subscriber[], devices: AuthorizeDevice): AuthorizeDevice {
  return (commonName, keyFingerprint) => {
    if (!isSubscriber(commonName)) return devices(commonName, keyFingerprint);
    const name = commonName.slice(prefix.length);
    const known = subscribers.filter((one) => one.name === name);
    if (known.some((one) => bareFingerprint(one.keyFingerprint) === bareFingerprint(keyFingerprint))) return 'ok';
    const named = known.length === 0 ? 'does not name it' : `names the key ${known[0]!.keyFingerprint} for it`;
    const message = `channels.mqtt.subscribers of the controller ${named}; the key that asks is ${keyFingerprint}`;
    return { code: 'SUBSCRIBER_UNKNOWN', message };
  };
}
