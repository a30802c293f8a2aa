/** Fleets by what their selectors ask for, so that a device is held against those alone that may select it. */
import type { Fleet, Labels } from '../../schemas/generated/types.ts';
import { labelTerms, selectorTerms, selects } from './selector.ts';

type Entry = readonly [name: string, fleet: Fleet];

export class FleetIndex {
  readonly #byTerm = new Map<string, Entry[]>();
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
    return this.#byTerm.size === 0 && this.#others.length === 0;
  }

  #file(term: string, entry: Entry): void {
    const filed = this.#byTerm.get(term);
    if (filed === undefined) this.#byTerm.set(term, [entry]);
    else filed.push(entry);
  }

  /** Names of the fleets that select a device with these labels, sorted. */
  selecting(labels: Readonly<Labels>): string[] {
    const names: string[] = [];
    const consider = ([name, { spec }]: Entry): void => {
      if (selects(spec.selector, labels)) names.push(name);
    };
    this.#others.forEach(consider);
    for (const term of labelTerms(labels)) this.#byTerm.get(term)?.forEach(consider);
    return names.length < 2 ? names : [...new Set(names)].sort();
  }
}
