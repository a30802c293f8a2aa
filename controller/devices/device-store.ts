/** The seam between what must be remembered of devices and those who act on it; `sqlite-store.ts` keeps it. */
import type { DeviceEvent, Refusal, Report } from '../../schemas/generated/types.ts';
import type { IssuedDeployment, ObservedDevice } from '../planning/observed.ts';

/** Every method is durable when it returns; a crash before that leaves what was there. */
export interface DeviceStore {
  observed(device: string): ObservedDevice;
  /** Names of all devices that were ever issued a deployment or heard. */
  names(): string[];
  /** The envelope of the newest deployment, as it was signed. */
  envelope(device: string): string | undefined;
  recordIssued(device: string, issued: IssuedDeployment, envelope: string): void;
  /** False when the report is older than (or the same as) the one that is kept. */
  recordReport(device: string, report: Report, at: number): boolean;
  recordContact(device: string, at: number, connected: boolean | undefined): void;
  recordEvent(device: string, event: DeviceEvent): void;
  /** Bounded; the same device, key and code within a minute count once. */
  recordRefusal(refusal: Refusal): void;
  /** Newest first. */
  refusals(): readonly Refusal[];
  forget(device: string): void;
}

/** Small durable values of other rooms, by room and key: source state, shadows, parsed manifests by blob id. */
export interface KeyValueStore {
  get(room: string, key: string): Uint8Array | undefined;
  set(room: string, key: string, value: Uint8Array): void;
  delete(room: string, key: string): void;
  /** Sorted. */
  keys(room: string): string[];
  /** Runs `work` in one transaction. */
  atomically<T>(work: () => T): T;
}
