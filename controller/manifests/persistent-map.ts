/**
 * An immutable map with string keys: a change copies the path to one leaf and shares the rest, so that a revision of
 * 100,000 devices costs what it changes and the revision before stays whole.
 *
 * A trie over the bits of a hash of the key:
 *
 *     branch (32 children, 5 bits a level) ──► branch ──► leaf (at most 16 entries, sorted by key)
 *
 * Invariant: a node is a leaf if and only if it holds at most 16 entries or the hash has no bits left. The shape, and with
 * it the order of iteration, therefore follows from the keys alone and not from the history of changes.
 */

interface Leaf<V> {
  readonly kind: 'leaf';
  readonly size: number;
  readonly entries: readonly (readonly [string, V])[];
}

interface Branch<V> {
  readonly kind: 'branch';
  readonly size: number;
  readonly children: readonly (Node<V> | undefined)[];
}

type Node<V> = Leaf<V> | Branch<V>;

const leafEntriesMax = 16;
const bitsPerLevel = 5;
const hashBits = 32;

/** FNV-1a over code units, mixed once more because the trie reads the low bits first. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function slotOf(hash: number, shift: number): number {
  return (hash >>> shift) & 31;
}

function leaf<V>(entries: Leaf<V>['entries']): Leaf<V> {
  return { kind: 'leaf', size: entries.length, entries };
}

function* entriesOf<V>(node: Node<V>): Generator<[string, V], undefined> {
  if (node.kind === 'leaf') {
    for (const [key, value] of node.entries) yield [key, value];
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* entriesOf(child);
}

function split<V>(entries: Leaf<V>['entries'], shift: number): Node<V> {
  let branch: Node<V> = { kind: 'branch', size: 0, children: new Array(32).fill(undefined) };
  for (const [key, value] of entries) branch = insert(branch, key, value, hashOf(key), shift);
  return branch;
}

function insert<V>(node: Node<V>, key: string, value: V, hash: number, shift: number): Node<V> {
  if (node.kind === 'branch') {
    const slot = slotOf(hash, shift);
    const before = node.children[slot];
    const after = before === undefined ? leaf([[key, value]]) : insert(before, key, value, hash, shift + bitsPerLevel);
    if (after === before) return node;
    return {
      kind: 'branch',
      size: node.size - (before?.size ?? 0) + after.size,
      children: node.children.with(slot, after),
    };
  }
  const at = node.entries.findIndex(([known]) => known >= key);
  const found = at === -1 ? undefined : node.entries[at];
  if (found !== undefined && found[0] === key) {
    return found[1] === value ? node : leaf(node.entries.with(at, [key, value]));
  }
  const entries = node.entries.toSpliced(at === -1 ? node.size : at, 0, [key, value]);
  return entries.length > leafEntriesMax && shift < hashBits ? split(entries, shift) : leaf(entries);
}

function without<V>(node: Node<V>, key: string, hash: number, shift: number): Node<V> {
  if (node.kind === 'leaf') {
    const entries = node.entries.filter(([known]) => known !== key);
    return entries.length === node.size ? node : leaf(entries);
  }
  const slot = slotOf(hash, shift);
  const before = node.children[slot];
  if (before === undefined) return node;
  const after = without(before, key, hash, shift + bitsPerLevel);
  if (after === before) return node;
  const children = node.children.with(slot, after.size === 0 ? undefined : after);
  const branch: Branch<V> = { kind: 'branch', size: node.size - 1, children };
  if (branch.size > leafEntriesMax) return branch;
  return leaf([...entriesOf(branch)].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** See the head of this file; `set` and `delete` return a new map, or the same one when nothing changes. */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly #root: Node<V>;

  private constructor(root: Node<V>) {
    this.#root = root;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(leaf<V>([]));
  }

  get size(): number {
    return this.#root.size;
  }

  get(key: string): V | undefined {
    const hash = hashOf(key);
    let node: Node<V> | undefined = this.#root;
    for (let shift = 0; node?.kind === 'branch'; shift += bitsPerLevel) node = node.children[slotOf(hash, shift)];
    return node?.entries.find(([known]) => known === key)?.[1];
  }

  has(key: string): boolean {
    const hash = hashOf(key);
    let node: Node<V> | undefined = this.#root;
    for (let shift = 0; node?.kind === 'branch'; shift += bitsPerLevel) node = node.children[slotOf(hash, shift)];
    return node?.entries.some(([known]) => known === key) ?? false;
  }

  set(key: string, value: V): PersistentMap<V> {
    const root = insert(this.#root, key, value, hashOf(key), 0);
    return root === this.#root ? this : new PersistentMap(root);
  }

  delete(key: string): PersistentMap<V> {
    const root = without(this.#root, key, hashOf(key), 0);
    return root === this.#root ? this : new PersistentMap(root);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return entriesOf(this.#root);
  }

  entries(): MapIterator<[string, V]> {
    return entriesOf(this.#root);
  }

  *keys(): MapIterator<string> {
    for (const [key] of entriesOf(this.#root)) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of entriesOf(this.#root)) yield value;
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void, thisArgument?: unknown): void {
    for (const [key, value] of this) callback.call(thisArgument, value, key, this);
  }
}

/** An immutable set of names. */
export type NameSet = PersistentMap<true>;

/** Adds `name` to the set that `index` keeps under `key`. */
export function indexed(index: PersistentMap<NameSet>, key: string, name: string): PersistentMap<NameSet> {
  return index.set(key, (index.get(key) ?? PersistentMap.empty<true>()).set(name, true));
}

/** Takes `name` out of the set that `index` keeps under `key`; an empty set is not kept. */
export function unindexed(index: PersistentMap<NameSet>, key: string, name: string): PersistentMap<NameSet> {
  const rest = index.get(key)?.delete(name);
  if (rest === undefined) return index;
  return rest.size === 0 ? index.delete(key) : index.set(key, rest);
}
