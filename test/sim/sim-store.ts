/**
 * The controller's real SQLite store, in a process that may end at any statement. What was committed stays; a transaction
 * that the end fell into is rolled back, as SQLite does at the next start.
 */
import type { DeviceStore, KeyValueStore } from '../../controller/devices/device-store.ts';
import type { ControllerStore } from '../../controller/devices/sqlite-store.ts';
import { PowerCut } from './sim-disk.ts';
import { guarded, type ProcessLife } from './sim-process.ts';

/** Counts down to the end of a process, over everything that it writes. */
export class Countdown {
  #left = Number.POSITIVE_INFINITY;

  /** Ends it after so many more changes. */
  set(changes: number): void {
    this.#left = changes;
  }

  clear(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** One change is about to be made. */
  pass(): void {
    if (this.#left <= 0) throw new PowerCut();
    this.#left -= 1;
  }
}

/** Both stores as one process has them. */
export function storeOf(
  life: ProcessLife,
  store: ControllerStore,
  countdown: Countdown,
): { readonly devices: DeviceStore; readonly values: KeyValueStore } {
  const { devices, values } = store;
  const read = <T>(operation: () => T): T => guarded(life, operation);
  // The end may come before a change, or after it and before anybody hears of it.
  const write = <T>(operation: () => T): T =>
    guarded(life, () => {
      countdown.pass();
      const result = operation();
      countdown.pass();
      return result;
    });
  return {
    devices: {
      observed: (device) => read(() => devices.observed(device)),
      names: () => read(() => devices.names()),
      envelope: (device) => read(() => devices.envelope(device)),
      refusals: () => read(() => devices.refusals()),
      recordIssued: (device, issued, envelope) => write(() => devices.recordIssued(device, issued, envelope)),
      recordReport: (device, report, at) => write(() => devices.recordReport(device, report, at)),
      recordContact: (device, at, connected) => write(() => devices.recordContact(device, at, connected)),
      recordEvent: (device, event) => write(() => devices.recordEvent(device, event)),
      recordRefusal: (refusal) => write(() => devices.recordRefusal(refusal)),
      forget: (device) => write(() => devices.forget(device)),
    },
    values: {
      get: (room, key) => read(() => values.get(room, key)),
      keys: (room) => read(() => values.keys(room)),
      set: (room, key, value) => write(() => values.set(room, key, value)),
      delete: (room, key) => write(() => values.delete(room, key)),
      atomically: (work) => write(() => values.atomically(work)),
    },
  };
}
