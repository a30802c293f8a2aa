import { wasmLimits } from './limits.ts';
import { type Binary, type Section, sectionId } from './module.ts';
import { customSectionName } from './read/module.ts';
import { writeBinary } from './write/module.ts';

/** A custom section by its name. */
export interface NamedSection {
  readonly section: Section;
  readonly name: string;
}

/** All custom sections of a binary, in file order. Throws `WasmError` for a name that can't be read. */
export function customSections(binary: Binary): NamedSection[] {
  return binary.sections
    .filter(({ id }) => id === sectionId.custom)
    .map((section) => ({ section, name: customSectionName(binary, section, wasmLimits) }));
}

/** The binary without these sections, all else byte for byte. */
export function withoutSections({ kind, bytes, sections }: Binary, left: ReadonlySet<Section>): Uint8Array {
  return writeBinary(
    kind,
    sections
      .filter((section) => !left.has(section))
      .map(({ id, payload, end, sizeWidth }) => ({ id, payload: bytes.subarray(payload, end), sizeWidth })),
  );
}
