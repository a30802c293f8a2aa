import type { BundledDeployment } from '../../schemas/generated/types.ts';

/** What goes on record of a bundle once its file is written. */
export interface OrderedBundle {
  readonly deployments: readonly BundledDeployment[];
  readonly who: string;
  readonly notAfter: string;
}

/** Who has ordered so many others since has given up its own. */
const orderedMax = 64;

/** Bundles that were signed and of which nobody has said yet that their file is written, by the digests of their leases. */
export class OrderedBundles {
  readonly #ordered = new Map<string, OrderedBundle>();

  /** One was signed. */
  add(lease: string, bundle: OrderedBundle): void {
    this.#ordered.set(lease, bundle);
    if (this.#ordered.size > orderedMax) this.#ordered.delete(this.#ordered.keys().next().value!);
  }

  /** Its file is written: it goes on record by `note`, and may be asked for again where that failed. False for one that nobody ordered. */
  async written(lease: string, note: (bundle: OrderedBundle) => Promise<void>): Promise<boolean> {
    const bundle = this.#ordered.get(lease);
    if (bundle === undefined) return false;
    await note(bundle);
    this.#ordered.delete(lease);
    return true;
  }
}
