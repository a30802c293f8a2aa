/**
 * What can still be read of a damaged database file, page by page: wherever a page is whole, its rows are there, whatever became of
 * the pages that lead to it. Rows of one form alone are looked for: text, text, text behind an id.
 * https://www.sqlite.org/fileformat2.html#b_tree_pages
 *
 *     file header  … | 16 page size, 2 bytes | 28 pages | 32 first page of the list of free ones | … 60 user version | … 100
 *     page         type | free block, 2 bytes | cells, 2 | content, 2 | fragments | cell pointers, 2 each | … cells
 *     cell         length of the record, varint | id, varint, in tables | record, what is over on other pages
 *     record       length of this header, varint | types, varint each | values
 */
import type { StateRow } from '../state-port.ts';

/** Pages of the tables of rows, and of tables and indices whose rows are in order of their key. */
const pageTypes = { tableLeaf: 0x0d, indexLeaf: 0x0a, indexInterior: 0x02 } as const;

const fileHeaderBytes = 100;

/** Those of this program, now and before. */
const pageSizes = [8192, 4096] as const;

/** What pages held, and how many of them could not be read or not all. */
export interface PageRows {
  readonly rows: readonly StateRow[];
  /** Of the table without ids; one without a value covers another row. */
  readonly rowsBeside: readonly (Omit<StateRow, 'value'> & { readonly value: string | null })[];
  readonly pagesTorn: number;
}

/** That bytes are not what they should be, where they were looked at. */
class TornError extends Error {}

function check(isSo: boolean): void {
  if (!isSo) throw new TornError();
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Any number is 0: nobody looks at it. */
type Value = string | number | null;

/** A number in groups of seven bits, and where it ends; ids of rows may be longer than any that is looked at. */
function varintAt(view: DataView, at: number): readonly [number, number] {
  let value = 0;
  for (let next = at; next < at + 9; next += 1) {
    const byte = view.getUint8(next);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, next + 1];
  }
  throw new TornError();
}

class PagedFile {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #pageBytes: number;
  readonly pageCount: number;

  constructor(bytes: Uint8Array, pageBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#pageBytes = pageBytes;
    this.pageCount = Math.floor(bytes.length / pageBytes);
  }

  /** Pages that hold what was deleted. A torn list of them ends early. */
  free(): ReadonlySet<number> {
    const free = new Set<number>();
    let trunk = this.pageCount === 0 ? 0 : this.#view.getUint32(32);
    while (trunk > 0 && trunk <= this.pageCount && !free.has(trunk)) {
      free.add(trunk);
      const at = (trunk - 1) * this.#pageBytes;
      const count = Math.min(this.#view.getUint32(at + 4), this.#pageBytes / 4 - 2);
      for (let leaf = 0; leaf < count; leaf += 1) free.add(this.#view.getUint32(at + 8 + 4 * leaf));
      trunk = this.#view.getUint32(at);
    }
    return free;
  }

  /** Whether a page is of a kind that databases have; that of what is over from others begins with the number of the next. */
  isKnown(page: number): boolean {
    const type = this.#bytes[(page - 1) * this.#pageBytes]!;
    return page === 1 || type === 0 || type === 0x05 || Object.values(pageTypes).includes(type as never);
  }

  /** The records of a page, or undefined for each that is torn; nothing for pages that hold none. */
  *records(page: number): Iterable<readonly Value[] | undefined> {
    const start = (page - 1) * this.#pageBytes;
    const head = page === 1 ? start + fileHeaderBytes : start;
    const type = this.#bytes[head];
    const isTable = type === pageTypes.tableLeaf;
    const isInterior = type === pageTypes.indexInterior;
    if (!isTable && type !== pageTypes.indexLeaf && !isInterior) return;
    const cells = this.#view.getUint16(head + 3);
    const pointers = head + (isInterior ? 12 : 8);
    if (pointers + 2 * cells > start + this.#pageBytes) return yield undefined;
    for (let cell = 0; cell < cells; cell += 1) {
      try {
        const at = start + this.#view.getUint16(pointers + 2 * cell);
        yield this.#record(isInterior ? at + 4 : at, start, isTable);
      } catch (error) {
        if (!(error instanceof TornError || error instanceof RangeError || error instanceof TypeError)) throw error;
        yield undefined;
      }
    }
  }

  #record(at: number, start: number, isTable: boolean): readonly Value[] {
    const [length, afterLength] = varintAt(this.#view, at);
    const body = isTable ? varintAt(this.#view, afterLength)[1] : afterLength;
    check(body < start + this.#pageBytes && length <= this.#bytes.length);
    return valuesOf(this.#payload(body, start, length, isTable));
  }

  /** What of a record is on its page, and what is over on a chain of others. */
  #payload(at: number, start: number, length: number, isTable: boolean): Uint8Array {
    const most = isTable ? this.#pageBytes - 35 : Math.floor(((this.#pageBytes - 12) * 64) / 255) - 23;
    const least = Math.floor(((this.#pageBytes - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (this.#pageBytes - 4));
    const local = length <= most ? length : fitting <= most ? fitting : least;
    check(at + local <= start + this.#pageBytes);
    const payload = new Uint8Array(length);
    payload.set(this.#bytes.subarray(at, at + local));
    let next = local < length ? this.#view.getUint32(at + local) : 0;
    for (let filled = local; filled < length; ) {
      check(next > 0 && next <= this.pageCount);
      const from = (next - 1) * this.#pageBytes;
      const part = this.#bytes.subarray(from + 4, from + Math.min(this.#pageBytes, 4 + length - filled));
      payload.set(part, filled);
      filled += part.length;
      next = this.#view.getUint32(from);
    }
    return payload;
  }
}

/** The values of a record. */
function valuesOf(payload: Uint8Array): readonly Value[] {
  const view = new DataView(payload.buffer);
  const [headerBytes, first] = varintAt(view, 0);
  const values: Value[] = [];
  let at = headerBytes;
  for (let next = first; next < headerBytes; ) {
    const [type, end] = varintAt(view, next);
    next = end;
    const length = lengthOf(type);
    check(at + length <= payload.length);
    const isText = type >= 13 && type % 2 === 1;
    values.push(isText ? decoder.decode(payload.subarray(at, at + length)) : type === 0 ? null : 0);
    at += length;
  }
  check(at === payload.length);
  return values;
}

/** Bytes of a value by its type. */
function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type]!;
}

function isText(value: Value | undefined): value is string {
  return typeof value === 'string';
}

function readPages(bytes: Uint8Array, pageBytes: number): PageRows {
  const file = new PagedFile(bytes, pageBytes);
  const free = file.free();
  const rows: StateRow[] = [];
  const rowsBeside: PageRows['rowsBeside'][number][] = [];
  const torn = new Set<number>();
  for (let page = 1; page <= file.pageCount; page += 1) {
    if (free.has(page)) continue;
    if (!file.isKnown(page)) torn.add(page);
    for (const record of file.records(page)) {
      if (record === undefined) torn.add(page);
      else if (record.length === 4) {
        const [, room, key, value] = record;
        if (isText(room) && isText(key) && isText(value)) rows.push({ room, key, value });
      } else if (record.length === 3) {
        const [room, key, value] = record;
        if (isText(room) && isText(key) && (isText(value) || value === null)) rowsBeside.push({ room, key, value });
      }
    }
  }
  return { rows, rowsBeside, pagesTorn: torn.size };
}

/** What can be read of a database file with its log applied. Where its header is torn, that size of pages counts by which most is read. */
export function rowsOfPages(bytes: Uint8Array): PageRows {
  const said = bytes.length < fileHeaderBytes ? 0 : bytes[16]! * 256 + bytes[17]!;
  const sizes = pageSizes.filter((size) => size === said);
  const [best] = (sizes.length > 0 ? sizes : pageSizes)
    .map((size) => readPages(bytes, size))
    .sort((one, other) => other.rows.length - one.rows.length);
  return best!;
}
