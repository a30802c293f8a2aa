import { ByteWriter } from '../../wasm/write/bytes.ts';
import { DeltaError } from '../error.ts';
import { indicesMax } from '../limits.ts';
import { UnusedIndices } from './index-map.ts';
import { type Aliases, type Maps, type Regions, type Shifts, tablesMax, wordClass } from './maps.ts';

/*
Maps, byte by byte. `u` is an unsigned LEB128, `s` the same of a zigzag number (0, -1, 1, -2, ... as 0, 1, 2, 3, ...).

  u imported functions of the new module
  index map of functions, of types, of globals:
    u length, then runs until it is reached:
      u 2n      n entries that follow each other in the old module too, but for what is used already; then
        s       where the first stands in the old module, less where the last run would have gone on; or 0: there, if
                the run before was one of new entries, else where the last run of two or more would have gone on
      u 2n + 1  n entries that the old module does not have
  aliases:
    u pairs, then for each
      u old function, less the old function before (the first less 0; never 0 but for the first)
      s new function, less the old one
  shifts of constants, of slots:
    u pieces, then for each
      u start, less the start before (the first less 0; never 0 but for the first)
      s shift, less the shift before
  tables:
    u tables, at most 13, then the shifts of each
  regions:
    u pieces, then for each
      u 16 × (start / 4, less that of the piece before) + class: 0 raw, 1 address, 2 slot, 3 + n table n

Nothing follows. Runs are at least one long; old indices are not negative.
*/

// More of a kind than any module has.
const indexMax = 1_000_000;

/** The compact form of maps; the opposite of `decodeMaps`. */
export function encodeMaps(maps: Maps): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.u32(maps.importedFunctions);
  for (const map of [maps.functions, maps.types, maps.globals]) writeIndexMap(writer, map);
  writeAliases(writer, maps.aliases);
  for (const shifts of [maps.constants, maps.slots]) writeShifts(writer, shifts);
  writer.u32(maps.tables.length);
  for (const shifts of maps.tables) writeShifts(writer, shifts);
  writeRegions(writer, maps.regions);
  return writer.contents();
}

/** Reads maps between files of these lengths; throws where they are malformed or larger than such files need. */
export function decodeMaps(bytes: Uint8Array, oldBytes: number, newBytes: number): Maps {
  const reader = new MapReader(bytes);
  const oldMax = indicesMax(oldBytes);
  // The three maps share what a file has room for: each may take it all, not all of them together.
  let room = indicesMax(newBytes);
  const importedFunctions = reader.unsigned(room);
  const readMap = (): Int32Array => {
    const map = readIndexMap(reader, oldMax, room);
    room -= map.length;
    return map;
  };
  const [functions, types, globals] = [readMap(), readMap(), readMap()];
  requireOnce(functions, oldMax);
  const aliases = readAliases(reader);
  const [constants, slots] = [readShifts(reader), readShifts(reader)];
  const tables = Array.from({ length: reader.unsigned(tablesMax) }, () => readShifts(reader));
  const regions = readRegions(reader, tables.length);
  if (reader.at !== bytes.length) throw new DeltaError('patch-corrupt', 'bytes after the maps');
  return { importedFunctions, functions, aliases, types, globals, constants, slots, tables, regions };
}

function writeIndexMap(writer: ByteWriter, map: Int32Array): void {
  writer.u32(map.length);
  const unused = new UnusedIndices(indexMax);
  let afterNew = true;
  for (let at = 0; at < map.length; ) {
    const first = map[at]!;
    let length = 1;
    if (first < 0) {
      while (map[at + length] === -1) length++;
      writer.u32(2 * length + 1);
    } else {
      const { expected, resume } = unused;
      // How long the run is shows only as its indices are used up.
      unused.use(first);
      while (at + length < map.length && map[at + length] === unused.expected) {
        unused.use(unused.expected);
        length++;
      }
      if (length > 1) unused.settle();
      writer.u32(2 * length);
      writer.u32(first === (afterNew ? expected : resume) ? 0 : zigzag(first - expected));
    }
    afterNew = first < 0;
    at += length;
  }
}

function readIndexMap(reader: MapReader, oldMax: number, newMax: number): Int32Array {
  const map = new Int32Array(reader.unsigned(newMax));
  const unused = new UnusedIndices(oldMax);
  let afterNew = true;
  for (let at = 0; at < map.length; ) {
    const run = reader.unsigned(2 * newMax + 1);
    const length = run >>> 1;
    if (length === 0 || length > map.length - at) throw new DeltaError('patch-corrupt', 'run of an index map');
    if (run & 1) map.fill(-1, at, at + length);
    else {
      const jump = reader.signed();
      const { expected, resume } = unused;
      const near = afterNew ? expected : resume;
      const first = jump === 0 ? near : expected + jump;
      if (first < 0 || first > oldMax) throw new DeltaError('patch-corrupt', 'old index of an index map');
      for (let i = 0; i < length; i++) {
        map[at + i] = i === 0 ? first : unused.expected;
        unused.use(map[at + i]!);
      }
      if (length > 1) unused.settle();
    }
    afterNew = (run & 1) === 1;
    at += length;
  }
  return map;
}

/** An old function that stood for many new ones would be written as often. */
function requireOnce(functions: Int32Array, oldMax: number): void {
  const seen = new Uint8Array(oldMax + 1);
  for (const old of functions) {
    if (old < 0) continue;
    if (old > oldMax || seen[old] === 1)
      throw new DeltaError('patch-corrupt', 'an old function stands for two new ones');
    seen[old] = 1;
  }
}

function writeAliases(writer: ByteWriter, { old, fresh }: Aliases): void {
  writer.u32(old.length);
  old.forEach((index, i) => {
    writer.u32(index - (old[i - 1] ?? 0));
    writer.u32(zigzag(fresh[i]! - index));
  });
}

function readAliases(reader: MapReader): Aliases {
  const count = reader.pieces();
  const old = new Int32Array(count);
  const fresh = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const step = reader.unsigned(indexMax);
    old[i] = (old[i - 1] ?? 0) + step;
    fresh[i] = old[i]! + reader.signed();
    const inside = old[i]! <= indexMax && fresh[i]! >= 0 && fresh[i]! <= indexMax;
    if (!inside || (i > 0 && step === 0)) throw new DeltaError('patch-corrupt', 'alias of a function');
  }
  return { old, fresh };
}

function writeShifts(writer: ByteWriter, { starts, shifts }: Shifts): void {
  writer.u32(starts.length);
  starts.forEach((start, i) => {
    writer.u32(start - (starts[i - 1] ?? 0));
    writer.u32(zigzag(shifts[i]! - (shifts[i - 1] ?? 0)));
  });
}

function readShifts(reader: MapReader): Shifts {
  const count = reader.pieces();
  const starts = new Float64Array(count);
  const shifts = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    starts[i] = reader.next(starts, i, 1);
    shifts[i] = (shifts[i - 1] ?? 0) + reader.signed();
    if (!Number.isSafeInteger(shifts[i])) throw new DeltaError('patch-corrupt', 'shift out of range');
  }
  return { starts, shifts };
}

function writeRegions(writer: ByteWriter, { starts, classes }: Regions): void {
  writer.u32(starts.length);
  starts.forEach((start, i) => {
    writer.u32(4 * (start - (starts[i - 1] ?? 0)) + classes[i]!);
  });
}

function readRegions(reader: MapReader, tables: number): Regions {
  const count = reader.pieces();
  const starts = new Float64Array(count);
  const classes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const word = reader.unsigned(Number.MAX_SAFE_INTEGER);
    classes[i] = word % 16;
    const step = (word - classes[i]!) / 4;
    if (classes[i]! >= wordClass.table + tables || (i > 0 && step === 0))
      throw new DeltaError('patch-corrupt', 'region of words');
    starts[i] = (starts[i - 1] ?? 0) + step;
    if (!Number.isSafeInteger(starts[i])) throw new DeltaError('patch-corrupt', 'region out of range');
  }
  return { starts, classes };
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

class MapReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  unsigned(max: number): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new DeltaError('patch-corrupt', 'the maps end early');
      value += (byte & 127) * scale;
      if (byte >= 128) continue;
      if (value > max) throw new DeltaError('patch-corrupt', 'number of the maps out of range');
      return value;
    }
    throw new DeltaError('patch-corrupt', 'number of the maps is too long');
  }

  signed(): number {
    const value = this.unsigned(Number.MAX_SAFE_INTEGER);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A count of pieces, each of which takes at least a byte. */
  pieces(): number {
    return this.unsigned(this.#bytes.length);
  }

  next(starts: Float64Array, i: number, stepMin: number): number {
    const step = this.unsigned(Number.MAX_SAFE_INTEGER);
    const start = (starts[i - 1] ?? 0) + step;
    if ((i > 0 && step < stepMin) || !Number.isSafeInteger(start)) {
      throw new DeltaError('patch-corrupt', 'pieces of a shift out of order');
    }
    return start;
  }
}
