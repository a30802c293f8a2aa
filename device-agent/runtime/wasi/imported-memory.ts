import { describeModule } from '../../../artifact/wasm/describe.ts';

/** The pages of 64 KiB that 32 bits address. */
const pagesMax = 65_536;

/** The one import besides functions: modules that take their memory from outside, as some toolchains build them. */
export const memoryImport = { module: 'env', name: 'memory' } as const;

/** A memory as the module asks for it, or undefined when it brings its own. */
export function importedMemory(module: WebAssembly.Module, bytes: Uint8Array): WebAssembly.Memory | undefined {
  if (!WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory')) return undefined;
  const asked = describeModule(bytes).memories.find(({ imported }) => imported)!;
  return new WebAssembly.Memory({
    initial: asked.minimum,
    maximum: asked.maximum ?? pagesMax,
    shared: asked.shared,
  });
}
