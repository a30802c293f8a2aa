/** A persistent map in the making: what changes lies over the map before it, and is brought in at once when it is settled. */
import type { PersistentMap } from './persistent-map.ts';
import type { Steps } from './steps.ts';

export class MapDraft<V> {
  readonly #before: PersistentMap<V>;
  readonly #changes = new Map<string, V | undefined>();

  constructor(before: PersistentMap<V>) {
    this.#before = before;
  }

  get(key: string): V | undefined {
    const changed = this.#changes.get(key);
    return changed === undefined && !this.#changes.has(key) ? this.#before.get(key) : changed;
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
