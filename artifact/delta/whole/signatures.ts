import { WasmError } from '../../wasm/error.ts';
import { immediate } from '../../wasm/immediates.ts';
import { wasmLimits } from '../../wasm/limits.ts';
import { type Section, type SubType, sectionId, type ValueType } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readGlobal, readImport } from '../../wasm/read/entries.ts';
import { readEntries, readRecursiveGroup } from '../../wasm/read/types.ts';

/** Types by the byte that says them; any other is a reference. */
const typeNumbers: Readonly<Record<number, number>> = { 127: 1, 126: 2, 125: 3, 124: 4, 123: 5 };

/** The number by which the model knows a value type, from the byte that says it. */
export const typeNumber = (code: number): number => typeNumbers[code] ?? 6;

/** Types of a function, as many of them as the model looks at. */
export type Signature = { readonly params: Uint8Array; readonly results: Uint8Array };

const unknown: Signature = { params: new Uint8Array(0), results: new Uint8Array(0) };

/** Parameters and results that are looked at. */
const valuesMax = 32;
/** Larger sections are not read: what is made of them takes many times their room. */
const sectionBytesMax = 128 * 1024;

const numbersOf = (list: readonly ValueType[]): Uint8Array =>
  Uint8Array.from(list.slice(0, valuesMax), ({ code }) => typeNumber(code));

const signatureOf = ({ composite }: SubType): Signature =>
  composite.kind === 'function' && composite.params.length + composite.results.length > 0
    ? { params: numbersOf(composite.params), results: numbersOf(composite.results) }
    : unknown;

/** Group by group, so that of a section of nothing but types only what the model looks at is in memory. */
const readSignatures = (reader: ByteReader): Signature[] => {
  const all: Signature[] = [];
  for (let left = reader.count(); left > 0; left--)
    for (const type of readRecursiveGroup(reader).types) all.push(signatureOf(type));
  reader.finish();
  return all;
};

/** What the sections before the code say of functions and globals: read where they can be, and else not known. */
export class Signatures {
  #types: readonly Signature[] = [];
  readonly #functions: number[] = [];
  readonly #globals: number[] = [];
  readonly #seen = new Set<number>();
  /** Functions that are imported: those that have bodies are numbered from there. */
  imported = 0;

  /** Takes in a section whose bytes are all there. A module has one of each: what comes again is hostile, and would pile up. */
  read(bytes: Uint8Array, { id, payload, end }: Pick<Section, 'id' | 'payload' | 'end'>): void {
    if (end - payload > sectionBytesMax || this.#seen.has(id)) return;
    this.#seen.add(id);
    try {
      this.#read(new ByteReader(bytes, payload, end, wasmLimits), id);
    } catch (error) {
      if (!(error instanceof WasmError)) throw error;
    }
  }

  #read(reader: ByteReader, id: number): void {
    switch (id) {
      case sectionId.type:
        this.#types = readSignatures(reader);
        return;
      case sectionId.import:
        return this.#readImports(reader);
      case sectionId.function:
        for (let left = reader.count(); left > 0; left--) this.#functions.push(reader.index(immediate.type));
        return;
      case sectionId.global:
        for (const { type } of readEntries(reader, readGlobal)) this.#globals.push(typeNumber(type.type.code));
    }
  }

  #readImports(reader: ByteReader): void {
    for (const { type } of readEntries(reader, readImport)) {
      if (type.kind === 'function') this.#functions.push(type.type);
      if (type.kind === 'global') this.#globals.push(typeNumber(type.global.type.code));
    }
    this.imported = this.#functions.length;
  }

  /** The signature that a type is. */
  ofType(index: number): Signature {
    return this.#types[index] ?? unknown;
  }

  /** The type of a function, −1 where it is not known. */
  typeOf(index: number): number {
    return this.#functions[index] ?? -1;
  }

  /** The type of a global's value. */
  ofGlobal(index: number): number {
    return this.#globals[index] ?? 0;
  }
}
