import type { WasmLimits } from '../../wasm/limits.ts';
import type { Binary, ExternKind } from '../../wasm/module.ts';
import type { ModuleContents } from '../../wasm/read/contents.ts';
import type { Transcript, Translation } from './translation.ts';

/** What every part of the rewriting works from: the old module, the translation, and where it is written. */
export interface RewriteSource {
  readonly binary: Binary;
  readonly contents: ModuleContents;
  readonly translation: Translation;
  readonly transcript: Transcript;
  readonly limits: WasmLimits;
}

/** How many of a kind a module imports. */
export function importedCount({ imports }: ModuleContents, kind: ExternKind): number {
  return imports.reduce((sum, { type }) => sum + (type.kind === kind ? 1 : 0), 0);
}

/** How many types a module has, those in groups included. */
export function typeCount({ types }: ModuleContents): number {
  return types.reduce((sum, group) => sum + group.types.length, 0);
}

/** Bytes of the first memory at the start. */
export function memoryBytes({ imports, memories }: ModuleContents): number {
  for (const { type } of imports) if (type.kind === 'memory') return type.limits.minimum * 65536;
  return (memories[0]?.minimum ?? 0) * 65536;
}
