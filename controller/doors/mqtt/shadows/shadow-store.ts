/** Shadows in the key-value store: one value a device, and a mark for each whose news is stored but not yet published. */
import type { KeyValueStore } from '../../../devices/device-store.ts';
import { absentShadow, type Shadow } from './document.ts';

const shadowRoom = 'shadows';
const unsentRoom = 'shadows-unsent';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Shadows at rest; every method is durable when it returns. */
export interface ShadowStore {
  load(device: string): Shadow;
  save(device: string, shadow: Shadow): void;
  /** Saves the shadow and, in the same transaction, that its delta must still be published. */
  saveUnsent(device: string, shadow: Shadow): void;
  /** Takes the mark of `version` off, unless a later one has replaced it. */
  markSent(device: string, version: number): void;
  /** Devices whose delta must still be published, sorted, and the version that made it so. */
  unsent(): { readonly device: string; readonly version: number }[];
}

/** The shadows of one key-value store. */
export function shadowStore(values: KeyValueStore): ShadowStore {
  const markOf = (device: string): number | undefined => {
    const bytes = values.get(unsentRoom, device);
    return bytes === undefined ? undefined : Number(decoder.decode(bytes));
  };
  const save = (device: string, shadow: Shadow) =>
    values.set(shadowRoom, device, encoder.encode(JSON.stringify(shadow)));
  return {
    load(device) {
      const bytes = values.get(shadowRoom, device);
      return bytes === undefined ? absentShadow : (JSON.parse(decoder.decode(bytes)) as Shadow);
    },
    save,
    saveUnsent(device, shadow) {
      values.atomically(() => {
        save(device, shadow);
        values.set(unsentRoom, device, encoder.encode(String(shadow.version)));
      });
    },
    markSent(device, version) {
      if (markOf(device) === version) values.delete(unsentRoom, device);
    },
    unsent: () => values.keys(unsentRoom).map((device) => ({ device, version: markOf(device) ?? 0 })),
  };
}
