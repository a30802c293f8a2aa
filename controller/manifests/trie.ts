/**
 * A trie over the bits of a hash of the key, of values that never change:
 *
 *     branch (32 children, 5 bits a level) ──► branch ──► leaf (at most 128 entries, sorted by hash, then key)
 *
 * Invariant: a node is a leaf if and only if it holds at most 128 entries or the hash has no bits left. The shape, and with
 * it the order of iteration, therefore follows from the keys alone and not from the history of changes.
 */

/**
 * Entry n is `keys[n]` with `values[n]`: a hundred thousand pairs would each be an object. Its hash is beside it, because
 * every other key that is looked at is a miss of the processor's cache.
 */
export interface Leaf<V> {
  readonly kind: 'leaf';
  readonly hashes: readonly number[];
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

export interface Branch<V> {
  readonly kind: 'branch';
  readonly size: number;
  readonly children: readonly (Node<V> | undefined)[];
}

/** Entries that are new, each key once. A value is asked for when somebody looks at a leaf, and then kept there. */
export interface Rows<V> {
  readonly keys: readonly string[];
  /** Of the keys, where they are known. */
  readonly hashes?: Int32Array;
  readonly valueAt: (row: number) => V;
  /** What a value is made of, where that is enough to write it down; who does so knows what it is. */
  readonly sourceAt?: (row: number) => unknown;
}

export type HashedRows<V> = Rows<V> & { readonly hashes: Int32Array };

/** Some of the rows, in an order. */
export interface SomeRows<V> {
  readonly rows: HashedRows<V>;
  readonly order: Int32Array;
}

/** A node that is read, or made, when somebody looks at it; from then on it is the same one for everybody. */
export class UnreadNode<V> {
  readonly kind = 'unread';
  readonly size: number;
  #read: (() => Leaf<V> | Branch<V>) | undefined;
  #rows: SomeRows<V> | undefined;
  #node: Leaf<V> | Branch<V> | undefined;

  constructor(size: number, read: () => Leaf<V> | Branch<V>, rows?: SomeRows<V>) {
    this.size = size;
    this.#read = read;
    this.#rows = rows;
  }

  /** What it will be made of; undefined once it is, and of a node that is read from elsewhere. */
  get rows(): SomeRows<V> | undefined {
    return this.#rows;
  }

  get node(): Leaf<V> | Branch<V> {
    this.#node ??= this.#read!();
    // What it was read from may go.
    this.#read = undefined;
    this.#rows = undefined;
    return this.#node;
  }
}

export type Node<V> = Leaf<V> | Branch<V> | UnreadNode<V>;

export const leafEntriesMax = 128;
export const bitsPerLevel = 5;
export const childrenOfBranch = 32;
export const hashBits = 32;

export const emptyLeaf: Leaf<never> = { kind: 'leaf', hashes: [], keys: [], values: [] };

/** FNV-1a over code units, mixed once more because the trie reads the low bits first; a small integer, which needs no object. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) | 0;
}

/** Of each of them, in their order. */
export function hashesOf(keys: readonly string[]): Int32Array<ArrayBuffer> {
  const hashes = new Int32Array(keys.length);
  for (let at = 0; at < keys.length; at += 1) hashes[at] = hashOf(keys[at]!);
  return hashes;
}

/** Which child of a branch a hash leads to, `shift` bits below the root. */
export function slotOf(hash: number, shift: number): number {
  return (hash >>> shift) & (childrenOfBranch - 1);
}

/** How many entries a node holds. */
export function sizeOf<V>(node: Node<V> | undefined): number {
  if (node === undefined) return 0;
  return node.kind === 'leaf' ? node.keys.length : node.size;
}

/** The node itself, read if it was not yet. */
export function readNode<V>(node: Node<V>): Leaf<V> | Branch<V> {
  return node.kind === 'unread' ? node.node : node;
}

/** Where a key is in a leaf, -1 when it is not there. */
export function placeOf({ hashes, keys }: Leaf<unknown>, hash: number, key: string): number {
  let at = hashes.indexOf(hash);
  while (at !== -1 && keys[at] !== key) at = hashes.indexOf(hash, at + 1);
  return at;
}

/** The value under a key. */
export function valueUnder<V>(root: Node<V>, key: string): V | undefined {
  const hash = hashOf(key);
  let node: Node<V> | undefined = root;
  for (let shift = 0; node !== undefined; shift += bitsPerLevel) {
    const read: Leaf<V> | Branch<V> = readNode(node);
    if (read.kind === 'leaf') {
      const at = placeOf(read, hash, key);
      return at === -1 ? undefined : read.values[at];
    }
    node = read.children[slotOf(hash, shift)];
  }
  return undefined;
}

/** The leaves below a node, in order. */
export function* leavesOf<V>(node: Node<V>): Generator<Leaf<V>, undefined> {
  const read = readNode(node);
  if (read.kind === 'leaf') yield read;
  else for (const child of read.children) if (child !== undefined) yield* leavesOf(child);
}

/** The entries below a node, in order. */
export function* entriesOf<V>(node: Node<V>): Generator<[string, V], undefined> {
  for (const { keys, values } of leavesOf(node))
    for (let at = 0; at < keys.length; at += 1) yield [keys[at]!, values[at]!];
}
