/**
 * An immutable map with string keys: a change copies the path to one leaf and shares the rest, so that a revision of
 * 100,000 devices costs what it changes and the revision before stays whole. What it is made of is a trie (`trie.ts`), of which
 * parts may not have been read yet.
 */
import { forEachInSteps, pauseNow, runAtOnce, type Steps } from './steps.ts';
import {
  childrenOfBranch,
  emptyLeaf,
  entriesOf,
  type HashedRows,
  hashesOf,
  hashOf,
  leavesOf,
  type Node,
  type Rows,
  sizeOf,
  valueUnder,
} from './trie.ts';
import { nodeAfter, nodeOf, placesOf, sortedBySlot } from './trie-change.ts';

function* hashesInSteps(keys: readonly string[]): Steps<Int32Array<ArrayBuffer>> {
  const hashes = new Int32Array(keys.length);
  yield* forEachInSteps(keys.keys(), (at) => {
    hashes[at] = hashOf(keys[at]!);
  });
  return hashes;
}

/** Rows with the hashes of their keys: of a whole fleet who looks first would have to make them all at once. */
export function* hashedRows<V>(rows: Rows<V>): Steps<HashedRows<V>> {
  return { ...rows, hashes: yield* hashesInSteps(rows.keys) };
}

function joinedHashes(first: Int32Array, second: Int32Array): Int32Array {
  const joined = new Int32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/**
 * See the head of this file; `set`, `delete` and `withChanges` return a new map, or the same one when nothing changes.
 */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  /** For who writes it down. */
  readonly root: Node<V>;

  constructor(root: Node<V>) {
    this.root = root;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(emptyLeaf);
  }

  /** Of these rows; there may be none. */
  static of<V>(rows: Rows<V>): PersistentMap<V> {
    return rows.keys.length === 0 ? PersistentMap.empty() : new PersistentMap(nodeOf(rows));
  }

  /** With rows of keys that it does not have. It is gone through whole, they are not. */
  withRows(rows: Rows<V>): PersistentMap<V> {
    const { keys, hashes, valueAt, sourceAt } = rows;
    if (this.size === 0 || keys.length === 0) return keys.length === 0 ? this : PersistentMap.of(rows);
    const own = [...this];
    const ownKeys = own.map(([key]) => key);
    return PersistentMap.of({
      keys: ownKeys.concat(keys),
      ...(hashes && { hashes: joinedHashes(hashesOf(ownKeys), hashes) }),
      valueAt: (row) => (row < own.length ? own[row]![1] : valueAt(row - own.length)),
      ...(sourceAt && { sourceAt: (row) => (row < own.length ? undefined : sourceAt(row - own.length)) }),
    });
  }

  get size(): number {
    return sizeOf(this.root);
  }

  get(key: string): V | undefined {
    return sizeOf(this.root) === 0 ? undefined : valueUnder(this.root, key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    return runAtOnce(this.withChanges([[key, value]]));
  }

  delete(key: string): PersistentMap<V> {
    return runAtOnce(this.withChanges([[key, undefined]]));
  }

  /** Many changes at once, each of another key, `undefined` where it goes: far cheaper than one after the other. */
  *withChanges(changes: Iterable<readonly [string, V | undefined]>): Steps<PersistentMap<V>> {
    const keys: string[] = [];
    const values: (V | undefined)[] = [];
    yield* forEachInSteps(changes, ([key, value]) => {
      if (this.get(key) === value) return;
      keys.push(key);
      values.push(value);
    });
    if (keys.length === 0) return this;
    const valueAt = (entry: number): V | undefined => values[entry];
    const hashes = yield* hashesInSteps(keys);
    if (this.size === 0) return PersistentMap.of({ keys, hashes, valueAt: valueAt as (row: number) => V });
    const batch = { keys, valueAt, hashes };
    // One child of the root after the other, so that each is a step.
    const { starts, order } = sortedBySlot(hashes, placesOf(keys.length), 0);
    yield pauseNow;
    let root = this.root;
    for (let slot = 0; slot < childrenOfBranch; slot += 1) {
      const part = order.subarray(starts[slot]!, starts[slot + 1]!);
      if (part.length === 0) continue;
      root = nodeAfter(root, batch, part, 0);
      yield pauseNow;
    }
    return new PersistentMap(root);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return entriesOf(this.root);
  }

  entries(): MapIterator<[string, V]> {
    return entriesOf(this.root);
  }

  *keys(): MapIterator<string> {
    for (const { keys } of leavesOf(this.root)) yield* keys;
  }

  *values(): MapIterator<V> {
    for (const { values } of leavesOf(this.root)) yield* values;
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void, thisArgument?: unknown): void {
    for (const [key, value] of this) callback.call(thisArgument, value, key, this);
  }
}

/** An immutable set of names. */
export type NameSet = PersistentMap<true>;
