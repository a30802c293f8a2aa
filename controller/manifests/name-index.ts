/** Names by what they have in common: devices by site, label, fingerprint or fleet. */
import { MapDraft } from './map-draft.ts';
import { type NameSet, PersistentMap } from './persistent-map.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** Most sets hold one name, and are that name. No set is empty. */
export type Names = string | NameSet;

/** Immutable. */
export type NameIndex = PersistentMap<Names>;

const noNames: NameSet = PersistentMap.empty();

/** The names under a key, in an order that follows from them alone. */
export function namesUnder(index: NameIndex, key: string): Iterable<string> {
  const names = index.get(key);
  return typeof names === 'string' ? [names] : (names ?? noNames).keys();
}

/** How many names are under a key. */
export function countUnder(index: NameIndex, key: string): number {
  const names = index.get(key);
  return typeof names === 'string' ? 1 : (names ?? noNames).size;
}

function asSet(names: NameSet): Names | undefined {
  if (names.size > 1) return names;
  const [only] = names.keys();
  return only;
}

/** The names, and rows that they don't have. */
function joined(names: Names | undefined, rows: readonly string[]): Names {
  if (names === undefined && rows.length === 1) return rows[0]!;
  const set = typeof names === 'string' ? noNames.set(names, true) : (names ?? noNames);
  return set.withRows({ keys: rows, valueAt: () => true });
}

/** An index in the making. */
export class NameIndexDraft {
  readonly #before: NameIndex;
  readonly #changes = new Map<string, string | MapDraft<true> | undefined>();
  readonly #rows = new Map<string, string[]>();

  constructor(before: NameIndex) {
    this.#before = before;
  }

  /** The set under a key, to be changed in place. */
  #drafted(key: string, names: string | MapDraft<true> | NameSet): MapDraft<true> {
    if (names instanceof MapDraft) return names;
    const draft = new MapDraft(typeof names === 'string' ? noNames : names);
    if (typeof names === 'string') draft.set(names, true);
    this.#changes.set(key, draft);
    return draft;
  }

  #under(key: string): string | MapDraft<true> | NameSet | undefined {
    const changed = this.#changes.get(key);
    if (changed !== undefined || this.#before.size === 0) return changed;
    return this.#changes.has(key) ? undefined : this.#before.get(key);
  }

  /** False where it is the only one under its key, true where others may be there too. */
  add(key: string, name: string): boolean {
    const names = this.#under(key);
    if (names === name) return false;
    if (names === undefined) this.#changes.set(key, name);
    else this.#drafted(key, names).set(name, true);
    return names !== undefined;
  }

  /** Adds a name that is nowhere else, there where all others are changed already. */
  addRow(key: string, name: string): void {
    const names = this.#rows.get(key);
    if (names === undefined) this.#rows.set(key, [name]);
    else names.push(name);
  }

  remove(key: string, name: string): void {
    const names = this.#under(key);
    if (names === name) this.#changes.set(key, undefined);
    else if (names !== undefined && typeof names !== 'string') this.#drafted(key, names).delete(name);
  }

  *settled(): Steps<NameIndex> {
    const changes: (readonly [string, Names | undefined])[] = [];
    const drafted: (readonly [string, MapDraft<true>])[] = [];
    yield* forEachInSteps(this.#changes, ([key, names]) => {
      names instanceof MapDraft ? drafted.push([key, names]) : changes.push([key, names]);
    });
    for (const [key, names] of drafted) changes.push([key, asSet(yield* names.settled())]);
    const named = yield* this.#before.withChanges(changes);
    return yield* named.withChanges(Array.from(this.#rows, ([key, rows]) => [key, joined(named.get(key), rows)]));
  }
}
