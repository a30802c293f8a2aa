/**
 * A persistent map as bytes, node by node, those below before those above:
 *
 *     leaf    [0, ["device-1", …], [VALUE, …]]
 *     branch  [1, [[SLOT, SIZE, AT, LENGTH], …]]
 *
 * Opened again, nothing of it is read but what is looked at.
 */
import { PersistentMap } from '../persistent-map.ts';
import { pauseNow, type Steps } from '../steps.ts';
import {
  type Branch,
  childrenOfBranch,
  emptyLeaf,
  hashOf,
  type Leaf,
  type Node,
  readNode,
  UnreadNode,
} from '../trie.ts';
import type { ByteSink } from './byte-sink.ts';

/** How many entries are below a node, and where it lies. */
export type NodePlace = readonly [size: number, at: number, length: number];

/** Values as JSON; a value that holds a map of its own writes that first. */
export interface ValueForm<V> {
  readonly write: (value: V, sink: ByteSink) => unknown;
  readonly read: (json: unknown, key: string, bytes: Buffer) => V;
}

type StoredNode =
  | readonly [kind: 0, keys: readonly string[], values: readonly unknown[]]
  | readonly [kind: 1, children: readonly (readonly [slot: number, ...NodePlace])[]];

function put(sink: ByteSink, size: number, node: StoredNode): NodePlace {
  const { at, length } = sink.add(JSON.stringify(node));
  return [size, at, length];
}

function* writeNode<V>(node: Node<V>, sink: ByteSink, form: ValueForm<V>): Steps<NodePlace> {
  const read = readNode(node);
  if (read.kind === 'leaf') {
    yield pauseNow;
    const values = read.values.map((value) => form.write(value, sink));
    return put(sink, read.keys.length, [0, read.keys, values]);
  }
  const children: (readonly [number, ...NodePlace])[] = [];
  for (const [slot, child] of read.children.entries())
    if (child !== undefined) children.push([slot, ...(yield* writeNode(child, sink, form))]);
  return put(sink, read.size, [1, children]);
}

/** Writes a map, and tells where its root lies. */
export function writeMap<V>({ root }: PersistentMap<V>, sink: ByteSink, form: ValueForm<V>): Steps<NodePlace> {
  return writeNode(root, sink, form);
}

function nodeAt<V>([size, at, length]: NodePlace, bytes: Buffer, form: ValueForm<V>): Node<V> {
  if (size === 0) return emptyLeaf;
  return new UnreadNode(size, () => readStored(size, JSON.parse(bytes.toString('utf8', at, at + length)), bytes, form));
}

function readStored<V>(size: number, node: StoredNode, bytes: Buffer, form: ValueForm<V>): Leaf<V> | Branch<V> {
  if (node[0] === 0) {
    const [, keys, values] = node;
    const read = values.map((value, at) => form.read(value, keys[at]!, bytes));
    return { kind: 'leaf', hashes: keys.map(hashOf), keys, values: read };
  }
  const children = new Array<Node<V> | undefined>(childrenOfBranch).fill(undefined);
  for (const [slot, ...place] of node[1]) children[slot] = nodeAt(place, bytes, form);
  return { kind: 'branch', size, children };
}

/** The map whose root lies there; the bytes must be those that were written. */
export function openMap<V>(place: NodePlace, bytes: Buffer, form: ValueForm<V>): PersistentMap<V> {
  return new PersistentMap(nodeAt(place, bytes, form));
}
