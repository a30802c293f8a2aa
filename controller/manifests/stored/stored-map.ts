/**
 * A persistent map as JSON texts, those below before those above: its entries a page at a time, and the branches above the pages.
 *
 *     page    [0, KEYS, VALUES], each a column that lies before it
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
import { type ColumnPlace, openColumn, writeColumn } from './text-column.ts';

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
  | readonly [kind: 0, keys: ColumnPlace, values: ColumnPlace]
  | readonly [kind: 1, children: readonly (readonly [slot: number, ...NodePlace])[]];

/** Entries of a page: to look at one costs reading them all, and each page costs as much again as a hundred of them. */
const pageEntriesMax = 4_096;

function put(writer: PieceWriter, size: number, node: StoredNode): NodePlace {
  return [size, ...writer.add([JSON.stringify(node)])];
}

/** Entries that are written in one step. */
const entriesPerStep = 64;

/** Entries in any order, each value as it is written. */
interface Page {
  readonly keys: string[];
  readonly values: unknown[];
}

/** Brings what is below a node to a page. A generator of entries would take as long as all else that is done with them. */
function* gather<V>(node: Node<V>, form: ValueForm<V>, page: Page): Steps<void> {
  const { keys, values } = page;
  const unmade = node.kind === 'unread' ? node.rows : undefined;
  if (unmade !== undefined) {
    const { rows, order } = unmade;
    for (let at = 0; at < order.length; at += 1) {
      const row = order[at]!;
      const source = rows.sourceAt?.(row);
      values.push(source === undefined ? form.write(rows.valueAt(row)) : form.writeSource!(source));
      if (keys.push(rows.keys[row]!) % entriesPerStep === 0) yield pauseNow;
    }
    return;
  }
  const read = readNode(node);
  if (read.kind === 'branch') {
    for (const child of read.children) if (child !== undefined) yield* gather(child, form, page);
    return;
  }
  for (let at = 0; at < read.keys.length; at += 1) {
    values.push(form.write(read.values[at]!));
    keys.push(read.keys[at]!);
  }
  yield pauseNow;
}

function* writePage<V>(node: Node<V>, writer: PieceWriter, form: ValueForm<V>): Steps<NodePlace> {
  const page: Page = { keys: [], values: [] };
  yield* gather(node, form, page);
  const { keys, values } = page;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (value instanceof MapInMap) values[at] = yield* writeMap(value.map, writer, value.form);
  }
  return put(writer, keys.length, [0, writeColumn(keys, writer), writeColumn(values, writer)]);
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
  return new UnreadNode(size, () => readStored(size, JSON.parse(reader.get(place)), reader, form, shift));
}

function readStored<V>(
  size: number,
  node: StoredNode,
  reader: PieceReader,
  form: ValueForm<V>,
  shift: number,
): Leaf<V> | Branch<V> {
  if (node[0] === 0) {
    const [keyAt, storedAt] = [openColumn(node[1], reader), openColumn(node[2], reader)];
    const keys = Array.from({ length: size }, (_, row) => keyAt(row) as string);
    return readNode(nodeOf({ keys, valueAt: (row) => form.read(storedAt(row), keys[row]!, reader) }, shift));
  }
  const children = new Array<Node<V> | undefined>(childrenOfBranch).fill(undefined);
  for (const [slot, ...place] of node[1]) children[slot] = nodeAt(place, reader, form, shift + bitsPerLevel);
  return { kind: 'branch', size, children };
}

/** The map whose root lies there, of texts that were written so. */
export function openMap<V>(place: NodePlace, reader: PieceReader, form: ValueForm<V>): PersistentMap<V> {
  return new PersistentMap(nodeAt(place, reader, form, 0));
}
