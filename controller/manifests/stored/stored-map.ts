/**
 * A persistent map as JSON texts, node by node, those below before those above:
 *
 *     leaf    [0, ["device-1", …], [VALUE, …]]
 *     branch  [1, [[SLOT, SIZE, PIECE, AT, LENGTH], …]]
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
import type { PieceReader, PieceWriter, TextPlace } from './pieces.ts';

/** How many entries are below a node, and where it lies. */
export type NodePlace = readonly [size: number, ...TextPlace];

/** A value that is a map of its own, and is told by where that lies. */
export class MapInMap<V> {
  readonly map: PersistentMap<V>;
  readonly form: ValueForm<V>;

  constructor(map: PersistentMap<V>, form: ValueForm<V>) {
    this.map = map;
    this.form = form;
  }
}

/** Values as JSON. */
export interface ValueForm<V> {
  readonly write: (value: V) => unknown;
  readonly read: (json: unknown, key: string, reader: PieceReader) => V;
}

type StoredNode =
  | readonly [kind: 0, keys: readonly string[], values: readonly unknown[]]
  | readonly [kind: 1, children: readonly (readonly [slot: number, ...NodePlace])[]];

function put(writer: PieceWriter, size: number, node: StoredNode): NodePlace {
  return [size, ...writer.add(node)];
}

function* writeNode<V>(node: Node<V>, writer: PieceWriter, form: ValueForm<V>): Steps<NodePlace> {
  const read = readNode(node);
  if (read.kind === 'leaf') {
    yield pauseNow;
    const values: unknown[] = [];
    for (const value of read.values) {
      const written = form.write(value);
      values.push(written instanceof MapInMap ? yield* writeMap(written.map, writer, written.form) : written);
    }
    return put(writer, read.keys.length, [0, read.keys, values]);
  }
  const children: (readonly [number, ...NodePlace])[] = [];
  for (const [slot, child] of read.children.entries())
    if (child !== undefined) children.push([slot, ...(yield* writeNode(child, writer, form))]);
  return put(writer, read.size, [1, children]);
}

/** Writes a map, and tells where its root lies. */
export function writeMap<V>({ root }: PersistentMap<V>, writer: PieceWriter, form: ValueForm<V>): Steps<NodePlace> {
  return writeNode(root, writer, form);
}

function nodeAt<V>([size, ...place]: NodePlace, reader: PieceReader, form: ValueForm<V>): Node<V> {
  if (size === 0) return emptyLeaf;
  return new UnreadNode(size, () => readStored(size, reader.get(place) as StoredNode, reader, form));
}

function readStored<V>(size: number, node: StoredNode, reader: PieceReader, form: ValueForm<V>): Leaf<V> | Branch<V> {
  if (node[0] === 0) {
    const [, keys, values] = node;
    const read = values.map((value, at) => form.read(value, keys[at]!, reader));
    return { kind: 'leaf', hashes: keys.map(hashOf), keys, values: read };
  }
  const children = new Array<Node<V> | undefined>(childrenOfBranch).fill(undefined);
  for (const [slot, ...place] of node[1]) children[slot] = nodeAt(place, reader, form);
  return { kind: 'branch', size, children };
}

/** The map whose root lies there, of texts that were written so. */
export function openMap<V>(place: NodePlace, reader: PieceReader, form: ValueForm<V>): PersistentMap<V> {
  return new PersistentMap(nodeAt(place, reader, form));
}
