import { type ImmediateKind, immediate } from '../../wasm/immediates.ts';
import type { FieldSink } from '../../wasm/read/bytes.ts';
import { inverted, type Maps, shifted } from './maps.ts';
import { type BoundedOutput, signedWidth, unsignedWidth } from './output.ts';

/** How many of each thing the old module has. */
export interface IndexSpaces {
  readonly functions: number;
  readonly types: number;
  readonly globals: number;
}

/** Which kinds of immediates a map may change; all others are copied. */
export const movable = new Uint8Array(32);
const { func, type, global, i32, i64, offset, blockType, heapType } = immediate;
for (const kind of [func, type, global, i32, i64, offset, blockType, heapType]) movable[kind] = 1;

/** Old numbers to new ones, for every kind of immediate. */
export class Translation {
  readonly functions: Int32Array;
  readonly types: Int32Array;
  readonly globals: Int32Array;
  readonly maps: Maps;
  readonly #constantsFrom: number;

  constructor(maps: Maps, spaces: IndexSpaces) {
    this.maps = maps;
    this.functions = inverted(maps.functions, spaces.functions);
    maps.aliases.old.forEach((old, i) => {
      if (old < spaces.functions) this.functions[old] = maps.aliases.fresh[i]!;
    });
    this.types = inverted(maps.types, spaces.types);
    this.globals = inverted(maps.globals, spaces.globals);
    this.#constantsFrom = maps.constants.starts[0] ?? Number.POSITIVE_INFINITY;
  }

  /** The number expected in the new module; the same one where nothing is known. */
  translate(kind: number, value: number): number {
    switch (kind) {
      case func:
        return indexIn(this.functions, value);
      case global:
        return indexIn(this.globals, value);
      case type:
      case blockType:
      case heapType:
        return value < 0 ? value : indexIn(this.types, value);
      case i32:
      case i64:
      case offset:
        return this.constant(value);
      default:
        return value;
    }
  }

  /** A constant, memory offset or address. */
  constant(value: number): number {
    if (!(value >= this.#constantsFrom)) return value;
    const moved = shifted(this.maps.constants, value);
    return moved >= 0 && moved <= 0x7fffffff ? moved : value;
  }
}

function indexIn(map: Int32Array, value: number): number {
  const fresh = map[value];
  return fresh === undefined || fresh < 0 ? value : fresh;
}

/** Copies the old module to the output, with every number on the way translated. */
export class Transcript implements FieldSink {
  readonly out: BoundedOutput;
  readonly #bytes: Uint8Array;
  readonly #translation: Translation;
  #copied = 0;

  constructor(bytes: Uint8Array, translation: Translation, out: BoundedOutput) {
    this.#bytes = bytes;
    this.#translation = translation;
    this.out = out;
  }

  /** Starts to copy from this offset of the old module. */
  begin(start: number): void {
    this.#copied = start;
  }

  /** Copies what is left up to this offset. */
  flush(end: number): void {
    if (end > this.#copied) this.out.copy(this.#bytes, this.#copied, end);
    this.#copied = end;
  }

  field(kind: ImmediateKind, value: number, start: number, end: number): void {
    if (movable[kind] === 0) return;
    const fresh = this.#translation.translate(kind, value);
    if (fresh === value || Number.isNaN(value)) return;
    this.flush(start);
    this.#copied = end;
    if (kind === i32 || kind === i64 || kind === blockType || kind === heapType) {
      this.out.signed(fresh, signedWidth(value, end - start));
    } else {
      this.out.unsigned(fresh, unsignedWidth(value, end - start));
    }
  }
}
