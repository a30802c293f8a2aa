import { wasmLimits } from '../../wasm/limits.ts';
import { type Binary, componentSectionId, type Section } from '../../wasm/module.ts';
import { readBinary } from '../../wasm/read/module.ts';

/** A core module, and the sections of components that it lies in, the outermost first; none for a bare module. */
export interface NestedModule {
  readonly binary: Binary;
  readonly offset: number;
  readonly around: readonly Section[];
}

// Tools nest a module one or two levels deep.
const levelsMax = 8;

/**
 * The core module of a file: the file itself, or the largest one of a component, which is where its code is. Undefined
 * where there is none.
 */
export function coreModuleOf(bytes: Uint8Array): NestedModule | undefined {
  const around: Section[] = [];
  let offset = 0;
  let inner = bytes;
  for (let level = 0; level <= levelsMax; level++) {
    const binary = readBinary(inner, wasmLimits);
    if (binary.kind === 'module') return { binary, offset, around };
    const largest = largestBinary(binary);
    if (largest === undefined) return undefined;
    around.push(movedBy(largest, offset));
    offset += largest.payload;
    inner = bytes.subarray(offset, offset + largest.end - largest.payload);
  }
  return undefined;
}

function largestBinary({ sections }: Binary): Section | undefined {
  let largest: Section | undefined;
  for (const section of sections) {
    if (section.id !== componentSectionId.coreModule && section.id !== componentSectionId.component) continue;
    if (largest === undefined || section.end - section.payload > largest.end - largest.payload) largest = section;
  }
  return largest;
}

function movedBy({ id, start, payload, end, sizeWidth }: Section, offset: number): Section {
  return { id, start: start + offset, payload: payload + offset, end: end + offset, sizeWidth };
}
