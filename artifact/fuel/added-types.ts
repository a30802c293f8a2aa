import type { CompositeType, RecursiveGroup } from '../wasm/module.ts';
import { ownSignatures } from './injected.ts';

const noResult = -64;

type FunctionType = Extract<CompositeType, { kind: 'function' }>;

/** Types that the rewriter adds behind the module's own. */
export class AddedTypes {
  readonly groups: RecursiveGroup[] = [];
  readonly #types: readonly CompositeType[];
  readonly #added = new Map<string, number>();

  constructor(groups: readonly RecursiveGroup[]) {
    this.#types = groups.flatMap((group) => group.types.map(({ composite }) => composite));
  }

  /** The type of one of our own functions. */
  ofOwn(number: number): number {
    return this.#add({ kind: 'function', ...ownSignatures[number]! });
  }

  /** The type of a block that has the results of this function type and no parameters, as a signed number. */
  ofResults(type: number): number {
    const composite = this.#types[type];
    const results = composite?.kind === 'function' ? composite.results : [];
    if (results.length === 0) return noResult;
    const [only] = results;
    // One-byte value types are negative numbers of seven bits.
    if (results.length === 1 && only!.heap === undefined) return only!.code - 0x80;
    return this.#add({ kind: 'function', params: [], results });
  }

  /** The type of a threaded function, which has fuel and stack behind its parameters and fuel behind its results. */
  ofThreaded(type: number): number {
    const { params, results } = this.#types[type] as FunctionType;
    const [fuel, stack] = [{ code: 0x7e }, { code: 0x7f }];
    return this.#add({ kind: 'function', params: [...params, fuel, stack], results: [...results, fuel] });
  }

  #add(composite: FunctionType): number {
    const key = JSON.stringify(composite);
    const known = this.#added.get(key);
    if (known !== undefined) return known;
    const index = this.#types.length + this.groups.length;
    this.#added.set(key, index);
    this.groups.push({ explicit: false, types: [{ form: 'short', supers: [], composite }] });
    return index;
  }
}
