/** A persistent map in the making: what changes lies over the map before it, and is brought in at once when it is settled. */
import type { PersistentMap } from './persistent-map.ts';
import type { Steps } from './steps.ts';

export class MapDraft<V> {
  readonly #before: PersistentMap<V>;
  /** Keys that were set or deleted, and what they are now. */
  readonly changes: ReadonlyMap<string, V | undefined>;
  readonly #changes = new Map<string, V | undefined>();

  constructor(before: PersistentMap<V>) {
    this.#before = before;
    this.changes = this.#changes;
  }

  get(key: string): V | undefined {
    const changed = this.#changes.get(key);
    if (changed !== undefined || this.#before.size === 0) return changed;
    return this.#changes.has(key) ? undefined : this.#before.get(key);
  }

  set(key: string, value: V): void {
    this.#changes.set(key, value);
  }

  delete(key: string): void {
    this.#changes.set(key, undefined);
  }

  settled(): Steps<PersistentMap<V>> {
    return this.#before.withChanges(this.#changes);
  }
}
