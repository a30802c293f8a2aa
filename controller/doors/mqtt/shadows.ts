/** Device shadows as the rest of the controller sees them: desired goes out, reported comes in. */
import type { ShadowDesired } from '../../../schemas/generated/types.ts';

/** Who hears of devices; called inside the transaction that stores what the device said. */
export interface ShadowHandlers {
  /** A device's reported state changed; not yet validated. */
  onReported(device: string, reported: unknown): void;
  /** Any message of a device arrived, or its connection opened or closed. */
  onContact(device: string, connected: boolean | undefined): void;
}

/** The shadows of all devices. */
export interface Shadows {
  start(handlers: ShadowHandlers): Promise<void>;
  /** Durable, idempotent; the device learns it now or when it comes back. */
  setDesired(device: string, desired: ShadowDesired): Promise<void>;
  /** Removes the shadow of a device that git no longer names. */
  remove(device: string): Promise<void>;
  stop(): Promise<void>;
}
