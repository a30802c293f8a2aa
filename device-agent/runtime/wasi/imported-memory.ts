import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Limits, limitsFlag, sectionId } from '../../../artifact/wasm/module.ts';
import { readImport } from '../../../artifact/wasm/read/entries.ts';
import { entriesOf, readBinary } from '../../../artifact/wasm/read/module.ts';

/** The pages of 64 KiB that 32 bits address. */
const pagesMax = 65_536;

/** The one import besides functions: modules that take their memory from outside, as some toolchains build them. */
export const memoryImport = { module: 'env', name: 'memory' } as const;

function askedLimits(bytes: Uint8Array): Limits | undefined {
  const imports = entriesOf(readBinary(bytes, wasmLimits), sectionId.import, readImport, wasmLimits);
  return imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : []))[0];
}

/** What a memory is made with. */
export interface MemoryShape {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

/** The memory that a module imports, as it asks for it; undefined when it brings its own. */
export function importedShape(bytes: Uint8Array): MemoryShape | undefined {
  const asked = askedLimits(bytes);
  if (asked === undefined) return undefined;
  const { minimum, maximum = pagesMax, flags } = asked;
  return { initial: minimum, maximum, shared: (flags & limitsFlag.shared) !== 0 };
}

/** A memory as the module asks for it, or undefined when it brings its own. */
export function importedMemory(module: WebAssembly.Module, bytes: Uint8Array): WebAssembly.Memory | undefined {
  if (!WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory')) return undefined;
  return new WebAssembly.Memory(importedShape(bytes)!);
}
