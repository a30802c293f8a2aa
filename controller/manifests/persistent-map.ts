/**
 * An immutable map with string keys: a change copies the path to one leaf and shares the rest, so that a revision of
 * 100,000 devices costs what it changes and the revision before stays whole.
 *
 * A trie over the bits of a hash of the key:
 *
 *     branch (32 children, 5 bits a level) ──► branch ──► leaf (at most 128 entries, sorted by hash, then key)
 *
 * Invariant: a node is a leaf if and only if it holds at most 128 entries or the hash has no bits left. The shape, and with
 * it the order of iteration, therefore follows from the keys alone and not from the history of changes.
 */
import { pauseNow, runAtOnce, type Steps } from './steps.ts';

/**
 * Entry n is `keys[n]` with `values[n]`: a hundred thousand pairs would each be an object. Its hash is beside it, because
 * every other key that is looked at is a miss of the processor's cache.
 */
interface Leaf<V> {
  readonly kind: 'leaf';
  readonly hashes: readonly number[];
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

interface Branch<V> {
  readonly kind: 'branch';
  readonly size: number;
  readonly children: readonly (Node<V> | undefined)[];
}

type Node<V> = Leaf<V> | Branch<V>;

/** Changes of many keys, each once; `undefined` takes the key out. */
interface Batch<V> {
  readonly keys: readonly string[];
  readonly values: readonly (V | undefined)[];
  readonly hashes: Int32Array;
}

const leafEntriesMax = 128;
const bitsPerLevel = 5;
const childrenOfBranch = 32;
const hashBits = 32;

const emptyLeaf: Leaf<never> = { kind: 'leaf', hashes: [], keys: [], values: [] };

/** FNV-1a over code units, mixed once more because the trie reads the low bits first; a small integer, which needs no object. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) | 0;
}

function slotOf(hash: number, shift: number): number {
  return (hash >>> shift) & (childrenOfBranch - 1);
}

function sizeOf<V>(node: Node<V> | undefined): number {
  if (node === undefined) return 0;
  return node.kind === 'leaf' ? node.keys.length : node.size;
}

/** Where a key is in a leaf, -1 when it is not there. */
function placeOf({ hashes, keys }: Leaf<unknown>, hash: number, key: string): number {
  let at = hashes.indexOf(hash);
  while (at !== -1 && keys[at] !== key) at = hashes.indexOf(hash, at + 1);
  return at;
}

/** Entries of one leaf in the making, which come in any order. */
class LeafDraft<V> {
  readonly #hashes: number[] = [];
  readonly #keys: string[] = [];
  readonly #values: V[] = [];

  add(hash: number, key: string, value: V): void {
    this.#hashes.push(hash);
    this.#keys.push(key);
    this.#values.push(value);
  }

  /** In arrays that are no longer than they have to be. */
  settle(): Leaf<V> {
    const [hashes, keys, values] = [this.#hashes, this.#keys, this.#values];
    const order = hashes.map((_, at) => at);
    order.sort((left, right) => hashes[left]! - hashes[right]! || (keys[left]! < keys[right]! ? -1 : 1));
    return {
      kind: 'leaf',
      hashes: order.map((at) => hashes[at]!),
      keys: order.map((at) => keys[at]!),
      values: order.map((at) => values[at]!),
    };
  }
}

function* leavesOf<V>(node: Node<V>): Generator<Leaf<V>, undefined> {
  if (node.kind === 'leaf') yield node;
  else for (const child of node.children) if (child !== undefined) yield* leavesOf(child);
}

function* entriesOf<V>(node: Node<V>): Generator<[string, V], undefined> {
  for (const { keys, values } of leavesOf(node))
    for (let at = 0; at < keys.length; at += 1) yield [keys[at]!, values[at]!];
}

/** The node over these children: one leaf where they have become few. */
function joined<V>(children: readonly (Node<V> | undefined)[]): Node<V> {
  let size = 0;
  for (const child of children) size += sizeOf(child);
  if (size > leafEntriesMax) return { kind: 'branch', size, children };
  const draft = new LeafDraft<V>();
  for (const child of children) {
    if (child === undefined) continue;
    for (const { hashes, keys, values } of leavesOf(child))
      for (const [at, key] of keys.entries()) draft.add(hashes[at]!, key, values[at]!);
  }
  return draft.settle();
}

/** What an order of entries of a batch comes to when it is told apart by slots: slot s has `order` from `starts[s]` on. */
function sortedBySlot(hashes: Int32Array, order: Int32Array, shift: number) {
  const starts = new Int32Array(childrenOfBranch + 1);
  for (const entry of order) starts[slotOf(hashes[entry]!, shift) + 1]! += 1;
  for (let slot = 0; slot < childrenOfBranch; slot += 1) starts[slot + 1]! += starts[slot]!;
  const next = starts.slice();
  const sorted = new Int32Array(order.length);
  for (const entry of order) {
    const slot = slotOf(hashes[entry]!, shift);
    sorted[next[slot]!] = entry;
    next[slot]! += 1;
  }
  return { starts, order: sorted };
}

/** A leaf's own entries that the changes leave as they are, with those that they bring. */
function leafAfter<V>(leaf: Leaf<V>, batch: Batch<V>, order: Int32Array, shift: number): Node<V> {
  const isReplaced = leaf.keys.map(() => false);
  let size = leaf.keys.length;
  for (const entry of order) {
    const at = placeOf(leaf, batch.hashes[entry]!, batch.keys[entry]!);
    if (at !== -1) isReplaced[at] = true;
    size += (batch.values[entry] === undefined ? 0 : 1) - (at === -1 ? 0 : 1);
  }
  if (size > leafEntriesMax && shift < hashBits) return branchOver(leaf, batch, order, shift);
  const draft = new LeafDraft<V>();
  for (const [at, key] of leaf.keys.entries()) if (!isReplaced[at]) draft.add(leaf.hashes[at]!, key, leaf.values[at]!);
  for (const entry of order) {
    const value = batch.values[entry];
    if (value !== undefined) draft.add(batch.hashes[entry]!, batch.keys[entry]!, value);
  }
  return draft.settle();
}

/** The leaf's entries and the changes, told apart by slots. */
function branchOver<V>(leaf: Leaf<V>, batch: Batch<V>, order: Int32Array, shift: number): Node<V> {
  const drafts = new Array<LeafDraft<V> | undefined>(childrenOfBranch).fill(undefined);
  for (const [at, key] of leaf.keys.entries()) {
    const hash = leaf.hashes[at]!;
    const slot = slotOf(hash, shift);
    const draft = drafts[slot] ?? new LeafDraft<V>();
    draft.add(hash, key, leaf.values[at]!);
    drafts[slot] = draft;
  }
  return branchAfter(
    drafts.map((draft) => draft?.settle()),
    batch,
    order,
    shift,
  );
}

function branchAfter<V>(
  children: readonly (Node<V> | undefined)[],
  batch: Batch<V>,
  order: Int32Array,
  shift: number,
): Node<V> {
  const sorted = sortedBySlot(batch.hashes, order, shift);
  const after = children.map((child, slot) => {
    const part = sorted.order.subarray(sorted.starts[slot]!, sorted.starts[slot + 1]!);
    const node = part.length === 0 ? child : nodeAfter(child ?? emptyLeaf, batch, part, shift + bitsPerLevel);
    return sizeOf(node) === 0 ? undefined : node;
  });
  return joined(after);
}

/** A node with changes of many keys, which all lead to it. */
function nodeAfter<V>(node: Node<V>, batch: Batch<V>, order: Int32Array, shift: number): Node<V> {
  return node.kind === 'leaf' ? leafAfter(node, batch, order, shift) : branchAfter(node.children, batch, order, shift);
}

/**
 * See the head of this file; `set`, `delete` and `withChanges` return a new map, or the same one when nothing changes.
 */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly #root: Node<V>;

  private constructor(root: Node<V>) {
    this.#root = root;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(emptyLeaf);
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  get(key: string): V | undefined {
    let node: Node<V> | undefined = this.#root;
    if (sizeOf(node) === 0) return undefined;
    const hash = hashOf(key);
    for (let shift = 0; node?.kind === 'branch'; shift += bitsPerLevel) node = node.children[slotOf(hash, shift)];
    const at = node === undefined ? -1 : placeOf(node, hash, key);
    return at === -1 ? undefined : (node as Leaf<V>).values[at];
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
    for (const [key, value] of changes) {
      yield pauseNow;
      if (this.get(key) === value) continue;
      keys.push(key);
      values.push(value);
    }
    if (keys.length === 0) return this;
    const batch = { keys, values, hashes: Int32Array.from(keys, hashOf) };
    // One child of the root after the other, so that each is a step.
    const { starts, order } = sortedBySlot(batch.hashes, Int32Array.from(keys.keys()), 0);
    let root = this.#root;
    for (let slot = 0; slot < childrenOfBranch; slot += 1) {
      const part = order.subarray(starts[slot]!, starts[slot + 1]!);
      if (part.length === 0) continue;
      root = nodeAfter(root, batch, part, 0);
      yield pauseNow;
    }
    return new PersistentMap(root);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return entriesOf(this.#root);
  }

  entries(): MapIterator<[string, V]> {
    return entriesOf(this.#root);
  }

  *keys(): MapIterator<string> {
    for (const { keys } of leavesOf(this.#root)) yield* keys;
  }

  *values(): MapIterator<V> {
    for (const { values } of leavesOf(this.#root)) yield* values;
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void, thisArgument?: unknown): void {
    for (const [key, value] of this) callback.call(thisArgument, value, key, this);
  }
}

/** An immutable set of names. */
export type NameSet = PersistentMap<true>;
