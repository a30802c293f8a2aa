/** Changes of a trie: the path to each leaf that changes is copied, all else is shared with the trie before. */
import {
  type Branch,
  bitsPerLevel,
  childrenOfBranch,
  emptyLeaf,
  type HashedRows,
  hashBits,
  hashesOf,
  type Leaf,
  leafEntriesMax,
  leavesOf,
  type Node,
  placeOf,
  type Rows,
  readNode,
  sizeOf,
  slotOf,
  UnreadNode,
} from './trie.ts';

/** Changes of many keys, each once; `undefined` takes the key out. */
export interface Batch<V> {
  readonly keys: readonly string[];
  readonly valueAt: (entry: number) => V | undefined;
  readonly hashes: Int32Array;
}

/** Beyond this many entries a hash and a place would not fit into one exact number. */
const packedMax = 2 ** 20;

/** The entries by hash, then key. Numbers that hold hash and place sort many times as fast as entries that are looked up. */
function inLeafOrder(hashes: ArrayLike<number>, keys: readonly string[], entries: Int32Array): number[] {
  const byHashAndKey = (left: number, right: number): number =>
    hashes[left]! - hashes[right]! || (keys[left]! < keys[right]! ? -1 : 1);
  if (entries.length > packedMax) return Array.from(entries).sort(byHashAndKey);
  const packed = new Float64Array(entries.length);
  for (let place = 0; place < entries.length; place += 1) packed[place] = hashes[entries[place]!]! * packedMax + place;
  packed.sort();
  const order: number[] = [];
  let hasEqual = false;
  for (const number of packed) {
    const entry = entries[((number % packedMax) + packedMax) % packedMax]!;
    hasEqual ||= order.length > 0 && hashes[order.at(-1)!] === hashes[entry];
    order.push(entry);
  }
  return hasEqual ? order.sort(byHashAndKey) : order;
}

/** A leaf of these entries, in arrays that are no longer than they have to be. */
function leafOf<V>(
  { hashes, keys, valueAt }: Omit<Rows<V>, 'hashes'> & { readonly hashes: ArrayLike<number> },
  entries: Int32Array,
): Leaf<V> {
  const order = inLeafOrder(hashes, keys, entries);
  return {
    kind: 'leaf',
    hashes: order.map((at) => hashes[at]!),
    keys: order.map((at) => keys[at]!),
    values: order.map(valueAt),
  };
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

  settle(): Leaf<V> {
    const entries = placesOf(this.#keys.length);
    return leafOf({ hashes: this.#hashes, keys: this.#keys, valueAt: (at) => this.#values[at]! }, entries);
  }
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

/** The places of so many entries, in their order. Made of an iterator they would take several times as long. */
export function placesOf(count: number): Int32Array<ArrayBuffer> {
  const places = new Int32Array(count);
  for (let at = 0; at < count; at += 1) places[at] = at;
  return places;
}

/** What an order of entries of a batch comes to when it is told apart by slots: slot s has `order` from `starts[s]` on. */
export function sortedBySlot(hashes: Int32Array, order: Int32Array, shift: number) {
  const starts = new Int32Array(childrenOfBranch + 1);
  // An iterator takes longer than all that is done with an entry here.
  for (let at = 0; at < order.length; at += 1) starts[slotOf(hashes[order[at]!]!, shift) + 1]! += 1;
  for (let slot = 0; slot < childrenOfBranch; slot += 1) starts[slot + 1]! += starts[slot]!;
  const next = starts.slice();
  const sorted = new Int32Array(order.length);
  for (let at = 0; at < order.length; at += 1) {
    const slot = slotOf(hashes[order[at]!]!, shift);
    sorted[next[slot]!] = order[at]!;
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
    size += (batch.valueAt(entry) === undefined ? 0 : 1) - (at === -1 ? 0 : 1);
  }
  if (size > leafEntriesMax && shift < hashBits) return branchOver(leaf, batch, order, shift);
  const draft = new LeafDraft<V>();
  for (const [at, key] of leaf.keys.entries()) if (!isReplaced[at]) draft.add(leaf.hashes[at]!, key, leaf.values[at]!);
  for (const entry of order) {
    const value = batch.valueAt(entry);
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

/** The node of these rows alone: told apart by one level at a time, when somebody looks. */
function freshNode<V>(rows: HashedRows<V>, order: Int32Array, shift: number): UnreadNode<V> {
  const read = () =>
    order.length <= leafEntriesMax || shift >= hashBits ? leafOf(rows, order) : freshBranch(rows, order, shift);
  return new UnreadNode(order.length, read, { rows, order });
}

function freshBranch<V>(rows: HashedRows<V>, order: Int32Array, shift: number): Branch<V> {
  const sorted = sortedBySlot(rows.hashes, order, shift);
  const children = new Array<Node<V> | undefined>(childrenOfBranch).fill(undefined);
  for (let slot = 0; slot < childrenOfBranch; slot += 1) {
    const part = sorted.order.subarray(sorted.starts[slot]!, sorted.starts[slot + 1]!);
    if (part.length > 0) children[slot] = freshNode(rows, part, shift + bitsPerLevel);
  }
  return { kind: 'branch', size: order.length, children };
}

/** The node over these rows alone, which all lead to it, `shift` bits below the root. Nothing is done with them before somebody looks. */
export function nodeOf<V>(rows: Rows<V>, shift = 0): Node<V> {
  const { keys, hashes } = rows;
  return new UnreadNode(
    keys.length,
    () => freshNode({ ...rows, hashes: hashes ?? hashesOf(keys) }, placesOf(keys.length), shift).node,
  );
}

/** A node with changes of many keys, which all lead to it. A key that is taken out is there. */
export function nodeAfter<V>(node: Node<V>, batch: Batch<V>, order: Int32Array, shift: number): Node<V> {
  // None of them can take anything out.
  if (sizeOf(node) === 0) return freshNode(batch as HashedRows<V>, order, shift).node;
  const read = readNode(node);
  return read.kind === 'leaf' ? leafAfter(read, batch, order, shift) : branchAfter(read.children, batch, order, shift);
}
