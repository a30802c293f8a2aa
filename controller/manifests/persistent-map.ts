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

/**
 * One making of new maps: nodes that were made in it are nobody else's yet, and are changed in place by whoever holds it.
 * When it is let go of, they are as immutable as all others.
 */
export type Edit = object;

/** Entry n is `keys[n]` with `values[n]`: a hundred thousand pairs would each be an object. */
interface Leaf<V> {
  readonly kind: 'leaf';
  readonly edit: Edit | undefined;
  readonly keys: string[];
  readonly values: V[];
}

interface Branch<V> {
  readonly kind: 'branch';
  readonly edit: Edit | undefined;
  size: number;
  readonly children: (Node<V> | undefined)[];
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

function sizeOf<V>(node: Node<V> | undefined): number {
  if (node === undefined) return 0;
  return node.kind === 'leaf' ? node.keys.length : node.size;
}

/** Where a key is or belongs in a leaf: the first place whose key is not below it. */
function placeOf(keys: readonly string[], key: string): number {
  let at = 0;
  while (at < keys.length && keys[at]! < key) at += 1;
  return at;
}

function* entriesOf<V>(node: Node<V>): Generator<[string, V], undefined> {
  if (node.kind === 'leaf') {
    for (const [at, key] of node.keys.entries()) yield [key, node.values[at]!];
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* entriesOf(child);
}

/** A leaf that may be written to: the same one where this edit made it. */
function writableLeaf<V>(leaf: Leaf<V>, edit: Edit | undefined): Leaf<V> {
  if (edit !== undefined && leaf.edit === edit) return leaf;
  return { kind: 'leaf', edit, keys: [...leaf.keys], values: [...leaf.values] };
}

function writableBranch<V>(branch: Branch<V>, edit: Edit | undefined): Branch<V> {
  if (edit !== undefined && branch.edit === edit) return branch;
  return { kind: 'branch', edit, size: branch.size, children: [...branch.children] };
}

function split<V>({ keys, values }: Leaf<V>, shift: number, edit: Edit | undefined): Node<V> {
  let branch: Node<V> = { kind: 'branch', edit, size: 0, children: new Array(32).fill(undefined) };
  for (const [at, key] of keys.entries()) branch = insert(branch, key, values[at]!, hashOf(key), shift, edit);
  return branch;
}

function insertIntoLeaf<V>(leaf: Leaf<V>, key: string, value: V, shift: number, edit: Edit | undefined): Node<V> {
  const at = placeOf(leaf.keys, key);
  const isThere = leaf.keys[at] === key;
  if (isThere && leaf.values[at] === value) return leaf;
  const after = writableLeaf(leaf, edit);
  if (isThere) {
    after.values[at] = value;
    return after;
  }
  after.keys.splice(at, 0, key);
  after.values.splice(at, 0, value);
  return after.keys.length > leafEntriesMax && shift < hashBits ? split(after, shift, edit) : after;
}

function insert<V>(node: Node<V>, key: string, value: V, hash: number, shift: number, edit: Edit | undefined): Node<V> {
  if (node.kind === 'leaf') return insertIntoLeaf(node, key, value, shift, edit);
  const slot = slotOf(hash, shift);
  const before = node.children[slot];
  const sizeBefore = sizeOf(before);
  const after: Node<V> =
    before === undefined
      ? { kind: 'leaf', edit, keys: [key], values: [value] }
      : insert(before, key, value, hash, shift + bitsPerLevel, edit);
  // A child that was changed in place is the same one, and may have grown.
  if (after === before && sizeOf(after) === sizeBefore) return node;
  const branch = writableBranch(node, edit);
  branch.size += sizeOf(after) - sizeBefore;
  branch.children[slot] = after;
  return branch;
}

function withoutInLeaf<V>(leaf: Leaf<V>, key: string, edit: Edit | undefined): Node<V> {
  const at = placeOf(leaf.keys, key);
  if (leaf.keys[at] !== key) return leaf;
  const after = writableLeaf(leaf, edit);
  after.keys.splice(at, 1);
  after.values.splice(at, 1);
  return after;
}

/** All of a branch that has become small, as one leaf. */
function gathered<V>(branch: Branch<V>, edit: Edit | undefined): Leaf<V> {
  const entries = [...entriesOf(branch)].sort(([left], [right]) => (left < right ? -1 : 1));
  return { kind: 'leaf', edit, keys: entries.map(([key]) => key), values: entries.map(([, value]) => value) };
}

function without<V>(node: Node<V>, key: string, hash: number, shift: number, edit: Edit | undefined): Node<V> {
  if (node.kind === 'leaf') return withoutInLeaf(node, key, edit);
  const slot = slotOf(hash, shift);
  const before = node.children[slot];
  if (before === undefined) return node;
  const sizeBefore = sizeOf(before);
  const after = without(before, key, hash, shift + bitsPerLevel, edit);
  if (sizeOf(after) === sizeBefore) return node;
  const branch = writableBranch(node, edit);
  branch.size -= 1;
  branch.children[slot] = sizeOf(after) === 0 ? undefined : after;
  return branch.size > leafEntriesMax ? branch : gathered(branch, edit);
}

/**
 * See the head of this file; `set` and `delete` return a new map, or the same one when nothing changes. With an edit they
 * change in place what was made in it: of the maps made in one edit only the newest counts.
 */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly #root: Node<V>;

  private constructor(root: Node<V>) {
    this.#root = root;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>({ kind: 'leaf', edit: undefined, keys: [], values: [] });
  }

  /** The map of one entry. */
  static of<V>(key: string, value: V, edit?: Edit): PersistentMap<V> {
    return new PersistentMap<V>({ kind: 'leaf', edit, keys: [key], values: [value] });
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  #leafOf(key: string): Leaf<V> | undefined {
    const hash = hashOf(key);
    let node: Node<V> | undefined = this.#root;
    for (let shift = 0; node?.kind === 'branch'; shift += bitsPerLevel) node = node.children[slotOf(hash, shift)];
    return node;
  }

  get(key: string): V | undefined {
    const leaf = this.#leafOf(key);
    const at = leaf?.keys.indexOf(key) ?? -1;
    return at === -1 ? undefined : leaf!.values[at];
  }

  has(key: string): boolean {
    return this.#leafOf(key)?.keys.includes(key) ?? false;
  }

  set(key: string, value: V, edit?: Edit): PersistentMap<V> {
    const root = insert(this.#root, key, value, hashOf(key), 0, edit);
    return root === this.#root ? this : new PersistentMap(root);
  }

  delete(key: string, edit?: Edit): PersistentMap<V> {
    const root = without(this.#root, key, hashOf(key), 0, edit);
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
export function indexed(index: PersistentMap<NameSet>, key: string, name: string, edit?: Edit): PersistentMap<NameSet> {
  const set = index.get(key);
  return index.set(
    key,
    set === undefined ? PersistentMap.of(name, true as const, edit) : set.set(name, true, edit),
    edit,
  );
}

/** Takes `name` out of the set that `index` keeps under `key`; an empty set is not kept. */
export function unindexed(
  index: PersistentMap<NameSet>,
  key: string,
  name: string,
  edit?: Edit,
): PersistentMap<NameSet> {
  const rest = index.get(key)?.delete(name, edit);
  if (rest === undefined) return index;
  return rest.size === 0 ? index.delete(key, edit) : index.set(key, rest, edit);
}
