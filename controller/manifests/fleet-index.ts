/** Fleets by what their selectors ask for, so that a device is held against those alone that may select it. */
import type { Fleet, Labels } from '../../schemas/generated/types.ts';
import { selectorTerms, selects, termParts } from './selector.ts';

type Entry = readonly [name: string, fleet: Fleet];

/** Fleets that ask for one label: with a value, or with any. */
interface Asking {
  readonly any: Entry[];
  readonly byValue: Map<string, Entry[]>;
}

export class FleetIndex {
  readonly #byLabel = new Map<string, Asking>();
  /** No index can answer their selectors. */
  readonly #others: Entry[] = [];

  constructor(fleets: Iterable<Entry>) {
    for (const entry of fleets) {
      const [terms] = selectorTerms(entry[1].spec.selector);
      if (terms === undefined) this.#others.push(entry);
      else for (const term of new Set(terms)) this.#file(term, entry);
    }
  }

  /** Whether there are no fleets at all. */
  get isEmpty(): boolean {
    return this.#byLabel.size === 0 && this.#others.length === 0;
  }

  #file(term: string, entry: Entry): void {
    const [key, value] = termParts(term);
    const asking: Asking = this.#byLabel.get(key) ?? { any: [], byValue: new Map() };
    this.#byLabel.set(key, asking);
    if (value === undefined) asking.any.push(entry);
    else asking.byValue.set(value, [...(asking.byValue.get(value) ?? []), entry]);
  }

  /** Names of the fleets that select a device with these labels, sorted. */
  selecting(labels: Readonly<Labels>): string[] {
    const names: string[] = [];
    const consider = ([name, { spec }]: Entry): void => {
      if (selects(spec.selector, labels)) names.push(name);
    };
    this.#others.forEach(consider);
    for (const key in labels) {
      const asking = this.#byLabel.get(key);
      if (asking === undefined) continue;
      asking.any.forEach(consider);
      asking.byValue.get(labels[key]!)?.forEach(consider);
    }
    return names.length < 2 ? names : [...new Set(names)].sort();
  }
}
