/**
 * A persistent map as JSON texts, those below before those above: its entries a page at a time, and the branches above the pages.
 *
 *     page    [0, ["device-1", …], [VALUE, …]]
 *     branch  [1, [[SLOT, SIZE, PIECE, AT, LENGTH], …]]
 *
 * Opened again, nothing of it is read but pages that are looked at. Of a map that was never looked at nothing is made to be written:
 * neither its leaves nor, where a value has a source, the value.
 */
import { PersistentMap } from '../persistent-map.ts';
import { pauseNow, type Steps } from '../steps.ts';
import {
  type Branch,
  bitsPerLevel,
  childrenOfBranch,
  emptyLeaf,
  type Leaf,
  type Node,
  readNode,
  sizeOf,
  UnreadNode,
} from '../trie.ts';
import { nodeOf } from '../trie-change.ts';
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
  /** The same of a value's source, see `Rows`. */
  readonly writeSource?: (source: unknown) => unknown;
  readonly read: (json: unknown, key: string, reader: PieceReader) => V;
}

type StoredNode =
  | readonly [kind: 0, keys: readonly string[], values: readonly unknown[]]
  | readonly [kind: 1, children: readonly (readonly [slot: number, ...NodePlace])[]];

/** Entries of a page: to look at one costs reading them all, and each page costs as much again as a hundred of them. */
const pageEntriesMax = 4_096;

/** Of a list, made JSON together. */
const elementsPerPart = 64;

/** A node as JSON. */
function* partsOf([kind, ...lists]: StoredNode): Generator<string> {
  yield `[${kind}`;
  for (const list of lists) {
    yield ',[';
    for (let at = 0; at < list.length; at += elementsPerPart) {
      const elements = JSON.stringify(list.slice(at, at + elementsPerPart)).slice(1, -1);
      yield at === 0 ? elements : `,${elements}`;
    }
    yield ']';
  }
  yield ']';
}

function put(writer: PieceWriter, size: number, node: StoredNode): NodePlace {
  return [size, ...writer.add(partsOf(node))];
}

/** Entries that are written in one step. */
const entriesPerStep = 64;

/** Keys below a node, each with its value as it is written, in any order. */
function* entriesBelow<V>(node: Node<V>, form: ValueForm<V>): Generator<readonly [key: string, written: unknown]> {
  const unmade = node.kind === 'unread' ? node.rows : undefined;
  if (unmade !== undefined) {
    const { rows, order } = unmade;
    for (const row of order) {
      const source = rows.sourceAt?.(row);
      yield [rows.keys[row]!, source === undefined ? form.write(rows.valueAt(row)) : form.writeSource!(source)];
    }
    return;
  }
  const read = readNode(node);
  if (read.kind === 'leaf') for (const [at, value] of read.values.entries()) yield [read.keys[at]!, form.write(value)];
  else for (const child of read.children) if (child !== undefined) yield* entriesBelow(child, form);
}

function* writePage<V>(node: Node<V>, writer: PieceWriter, form: ValueForm<V>): Steps<NodePlace> {
  const [keys, values]: [string[], unknown[]] = [[], []];
  for (const [key, written] of entriesBelow(node, form)) {
    values.push(written instanceof MapInMap ? yield* writeMap(written.map, writer, written.form) : written);
    if (keys.push(key) % entriesPerStep === 0) yield pauseNow;
  }
  return put(writer, keys.length, [0, keys, values]);
}

function* writeNode<V>(node: Node<V>, writer: PieceWriter, form: ValueForm<V>): Steps<NodePlace> {
  yield pauseNow;
  const size = sizeOf(node);
  if (size <= pageEntriesMax) return yield* writePage(node, writer, form);
  const children: (readonly [number, ...NodePlace])[] = [];
  // What is larger than a page is a branch.
  for (const [slot, child] of (readNode(node) as Branch<V>).children.entries())
    if (child !== undefined) children.push([slot, ...(yield* writeNode(child, writer, form))]);
  return put(writer, size, [1, children]);
}

/** Writes a map, and tells where its root lies. */
export function writeMap<V>({ root }: PersistentMap<V>, writer: PieceWriter, form: ValueForm<V>): Steps<NodePlace> {
  return writeNode(root, writer, form);
}

function nodeAt<V>([size, ...place]: NodePlace, reader: PieceReader, form: ValueForm<V>, shift: number): Node<V> {
  if (size === 0) return emptyLeaf;
  return new UnreadNode(size, () => readStored(size, reader.get(place) as StoredNode, reader, form, shift));
}

function readStored<V>(
  size: number,
  node: StoredNode,
  reader: PieceReader,
  form: ValueForm<V>,
  shift: number,
): Leaf<V> | Branch<V> {
  if (node[0] === 0) {
    const [, keys, values] = node;
    return readNode(nodeOf({ keys, valueAt: (row) => form.read(values[row], keys[row]!, reader) }, shift));
  }
  const children = new Array<Node<V> | undefined>(childrenOfBranch).fill(undefined);
  for (const [slot, ...place] of node[1]) children[slot] = nodeAt(place, reader, form, shift + bitsPerLevel);
  return { kind: 'branch', size, children };
}

/** The map whose root lies there, of texts that were written so. */
export function openMap<V>(place: NodePlace, reader: PieceReader, form: ValueForm<V>): PersistentMap<V> {
  return new PersistentMap(nodeAt(place, reader, form, 0));
}
