import { fuelContract, rewriterVersion } from '../../../artifact/fuel/contract.ts';
import { type Layout, layoutDifferences, layoutOf } from '../../../artifact/snapshot/layout.ts';
import { type ShownState, showState, UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import { type Snapshot, SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { atOnce } from '../primitives/stretches.ts';
import type { Guest } from '../wasi/guest.ts';
import { capturing, restoring, type ShownInstance, type Tables, tablesOf } from './instance-state.ts';

/** A module that is ready to be instantiated, shown so that the state of its instances can be carried over. */
export interface Carriable extends ShownState {
  /** SHA-256 of the module as it was released: what binds a state to it. */
  readonly digest: string;
  readonly layout: Layout;
  readonly memoryPagesMax: number;
}

/** Makes a module that is ready to run carriable, by its source; throws where its state can't be captured. */
export function carriable(source: Uint8Array, ready: Uint8Array, memoryPagesMax: number): Carriable {
  const { left, stack } = fuelContract;
  return { ...showState(ready, [left, stack]), digest: sha256Hex(source), layout: layoutOf(source), memoryPagesMax };
}

/** An instance that nothing runs in, between two calls: its state can be captured, and, before the first, be given to it. */
export class QuietInstance {
  readonly #instance: ShownInstance;
  readonly #module: Carriable;
  readonly #guest: Guest;
  readonly #tables: Tables;
  readonly #descriptors: ReturnType<Guest['descriptors']['open']>;

  /** `instance` has not run yet. */
  constructor(instance: ShownInstance, module: Carriable, guest: Guest) {
    this.#instance = instance;
    this.#module = module;
    this.#guest = guest;
    this.#tables = tablesOf(instance, module);
    this.#descriptors = guest.descriptors.open();
  }

  /** What its memory may have. */
  get memoryPagesMax(): number {
    return this.#module.memoryPagesMax;
  }

  /** Gives it a state of its own module, at once, and the fuel that was spent until then. */
  restore(snapshot: Snapshot): number {
    return atOnce(this.restoring(snapshot, false));
  }

  /**
   * The same, and stops after every stretch of its memory; `isTakenOver` is one of another module that differs in code alone. Throws
   * a SnapshotError where it does not fit, and changes nothing then.
   */
  *restoring(snapshot: Snapshot, isTakenOver: boolean): Generator<void, number, void> {
    if (isTakenOver) this.#requireSameLayout(snapshot);
    else if (snapshot.module !== this.#module.digest)
      throw new SnapshotError(
        `it is of the module ${snapshot.module.slice(0, 12)}, this is ${this.#module.digest.slice(0, 12)}`,
      );
    // Whichever version metered the module: where its globals have other numbers now, none of the names fits.
    yield* restoring(this.#instance, this.#module, snapshot);
    return snapshot.fuel;
  }

  #requireSameLayout({ layout }: Snapshot): void {
    const differing = layoutDifferences(layout, this.#module.layout);
    if (differing.length > 0)
      throw new SnapshotError(`more than code differs between the two modules: their ${differing.join(', ')}`);
  }

  /** Its state, at once. Throws where it has what can't be carried over. */
  snapshot(fuel: number): Snapshot {
    return atOnce(this.snapshotting(fuel));
  }

  /** The same, and stops after every stretch of its memory. */
  *snapshotting(fuel: number): Generator<void, Snapshot, void> {
    const open = this.#guest.descriptors.open();
    const changed = [...new Set([...open.keys(), ...this.#descriptors.keys()])].filter(
      (number) => open.get(number) !== this.#descriptors.get(number),
    );
    if (changed.length > 0)
      throw new UncapturableState(`it holds other descriptors than it began with: ${changed.slice(0, 8).join(', ')}`);
    const state = yield* capturing(this.#instance, this.#module, this.#tables);
    const { digest, layout } = this.#module;
    return { ...state, module: digest, layout, rewriter: rewriterVersion, fuel };
  }
}
