import { immediate } from '../../wasm/immediates.ts';
import { wasmLimits } from '../../wasm/limits.ts';
import type { Binary, SubType } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readLocals } from '../../wasm/read/code.ts';
import { type ModuleContents, readContents } from '../../wasm/read/contents.ts';
import { InstructionCursor } from '../../wasm/read/instructions.ts';
import { importedCount } from '../rewrite/source.ts';
import { movable } from '../rewrite/translation.ts';

/**
 * A module as the matching sees it. Functions are numbered in their index space, imports first; instructions of all
 * bodies stand in one sequence, those of function f from `from[f]` to `from[f + 1]`.
 */
export interface Profile {
  readonly binary: Binary;
  readonly contents: ModuleContents;
  readonly importedFunctions: number;
  readonly functionCount: number;
  readonly from: Uint32Array;
  /** Hash of an instruction without the number in it that a map may move. */
  readonly strict: Uint32Array;
  /** The same without locals, labels and small constants, which change with the compiler's mood. */
  readonly loose: Uint16Array;
  /** Kind of the number that a map may move, or 0. */
  readonly kinds: Uint8Array;
  readonly values: Float64Array;
  /** For each function its signature, by what it says and not by its index. */
  readonly signatures: Int32Array;
  /** For each type a hash of what it says. */
  readonly typeHashes: Int32Array;
}

// Constants below are more likely numbers of the program than addresses; they are part of what an instruction is.
const plainConstantMax = 63;
const plainOffsetMax = 1023;

/** Mixes a number into a hash. */
export function mix(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** Walks the whole module once. */
export function profileModule(binary: Binary): Profile {
  const contents = readContents(binary, wasmLimits);
  const importedFunctions = importedCount(contents, 'function');
  const functionCount = importedFunctions + contents.bodies.length;
  const from = new Uint32Array(functionCount + 1);
  const codeBytes = contents.bodies.reduce((sum, { start, end }) => sum + end - start, 0);
  const tokens = new TokenWriter(binary.bytes, codeBytes);
  contents.bodies.forEach((body, i) => {
    from[importedFunctions + i] = tokens.count;
    tokens.body(body.start, body.end);
  });
  from[functionCount] = tokens.count;
  const typeHashes = hashTypes(contents);
  const typeIndices = [
    ...contents.imports.flatMap(({ type }) => (type.kind === 'function' ? [type.type] : [])),
    ...contents.functions,
  ];
  const signatures = Int32Array.from({ length: functionCount }, (_, f) => typeHashes[typeIndices[f] ?? -1] ?? 0);
  return { binary, contents, importedFunctions, functionCount, from, ...tokens.finish(), signatures, typeHashes };
}

/** How many instructions a function has. */
export const lengthOf = ({ from }: Profile, f: number): number => from[f + 1]! - from[f]!;

function hashTypes({ types }: ModuleContents): Int32Array {
  const hashes: number[] = [];
  for (const group of types) for (const type of group.types) hashes.push(hashType(type, hashes.length));
  return Int32Array.from(hashes);
}

function hashType({ form, supers, composite }: SubType, index: number): number {
  // References to other types count by distance, so that a moved group keeps its hash.
  const text = JSON.stringify([form, supers.map((other) => index - other), composite], (key, value) =>
    key === 'heap' && typeof value === 'number' && value >= 0 ? index - value : value,
  );
  let hash = 1;
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
  return hash;
}

class TokenWriter {
  count = 0;
  readonly #cursor: InstructionCursor;
  readonly #bytes: Uint8Array;
  readonly #strict: Uint32Array;
  readonly #loose: Uint16Array;
  readonly #kinds: Uint8Array;
  readonly #values: Float64Array;

  constructor(bytes: Uint8Array, codeBytes: number) {
    this.#bytes = bytes;
    this.#cursor = new InstructionCursor(bytes, wasmLimits);
    this.#strict = new Uint32Array(codeBytes);
    this.#loose = new Uint16Array(codeBytes);
    this.#kinds = new Uint8Array(codeBytes);
    this.#values = new Float64Array(codeBytes);
  }

  body(start: number, end: number): void {
    const reader = new ByteReader(this.#bytes, start, end, wasmLimits);
    readLocals(reader);
    this.#cursor.seek(reader.at, end);
    while (this.#cursor.next()) this.#instruction();
  }

  finish(): Pick<Profile, 'strict' | 'loose' | 'kinds' | 'values'> {
    return {
      strict: this.#strict.slice(0, this.count),
      loose: this.#loose.slice(0, this.count),
      kinds: this.#kinds.slice(0, this.count),
      values: this.#values.slice(0, this.count),
    };
  }

  #instruction(): void {
    const cursor = this.#cursor;
    const at = this.count++;
    let strict = mix(1, cursor.opcode);
    let loose = strict;
    for (let i = 0; i < cursor.count; i++) {
      const kind = cursor.kinds[i]!;
      const value = cursor.values[i]!;
      if (this.#kinds[at] === 0 && movable[kind] === 1 && moves(kind, value)) {
        this.#kinds[at] = kind;
        this.#values[at] = value;
        if (isPlain(kind, value)) strict = mix(strict, value);
      } else {
        strict = mix(strict, kind > 13 && kind < 17 ? this.#rawHash(i) : value);
        if (kind === immediate.align || kind === immediate.offset) loose = mix(loose, value);
      }
    }
    this.#strict[at] = strict;
    this.#loose[at] = loose ^ (loose >>> 16);
  }

  #rawHash(i: number): number {
    let hash = 0;
    for (let at = this.#cursor.starts[i]!; at < this.#cursor.starts[i + 1]!; at++) hash = mix(hash, this.#bytes[at]!);
    return hash;
  }
}

// Negative numbers are block and heap types that are no indices, or constants that are no addresses.
const moves = (kind: number, value: number): boolean =>
  value >= 0 && (kind !== immediate.offset || value > plainOffsetMax);

const isPlain = (kind: number, value: number): boolean =>
  (kind === immediate.i32 || kind === immediate.i64) && value <= plainConstantMax;
