import type { CompiledModule } from '../../device-agent/runtime/host/compiled-modules.ts';
import { memoryImport } from '../../device-agent/runtime/wasi/imported-memory.ts';

/** Makes instances of a module that never run: what they import are functions that do nothing. */
export function idleInstances({ module }: CompiledModule): (memory: WebAssembly.Memory) => void {
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'memory') continue;
    const value = kind === 'function' ? () => 0 : undefined;
    const global = name === 'left' ? { value: 'i64' as const, initial: 0n } : { value: 'i32' as const, initial: 0 };
    imports[from] ??= {};
    imports[from][name] = value ?? new WebAssembly.Global({ value: global.value, mutable: true }, global.initial);
  }
  return (memory) => {
    new WebAssembly.Instance(module, { ...imports, [memoryImport.module]: { [memoryImport.name]: memory } });
  };
}
