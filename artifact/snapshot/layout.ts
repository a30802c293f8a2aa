import { sha256Hex } from '../../schemas/sha256.ts';
import { wasmLimits } from '../wasm/limits.ts';
import { sectionId } from '../wasm/module.ts';
import { readBinary, sectionOf } from '../wasm/read/module.ts';

/** The sections of a module that say what its memory, globals and tables mean to its code, which is what else there is. */
const sectionsOf = {
  imports: [sectionId.import],
  functions: [sectionId.type, sectionId.function],
  tables: [sectionId.table],
  memory: [sectionId.memory],
  globals: [sectionId.global],
  elements: [sectionId.element],
  data: [sectionId.data],
} as const;

/** A part of a layout. */
export type LayoutPart = keyof typeof sectionsOf;

/** Digests of those sections: where two modules have the same, the state of one means the same to the other, which may differ in code. */
export type Layout = Readonly<Record<LayoutPart, string>>;

const parts = Object.keys(sectionsOf) as LayoutPart[];

/** The layout of a module as it was released. */
export function layoutOf(bytes: Uint8Array): Layout {
  const binary = readBinary(bytes, wasmLimits);
  const digests = parts.map((part) => {
    const payloads = sectionsOf[part].map((id) => {
      const section = sectionOf(binary, id);
      return section === undefined ? new Uint8Array() : bytes.subarray(section.payload, section.end);
    });
    return [part, sha256Hex(Buffer.concat(payloads)).slice(0, 32)] as const;
  });
  return Object.fromEntries(digests) as Layout;
}

/** Parts in which two differ. */
export function layoutDifferences(one: Layout, other: Layout): readonly LayoutPart[] {
  return parts.filter((part) => one[part] !== other[part]);
}

/** Whether a value is one. */
export function isLayout(value: unknown): value is Layout {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.keys(fields).length === parts.length && parts.every((part) => /^[0-9a-f]{32}$/.test(`${fields[part]}`));
}
