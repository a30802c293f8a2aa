import { wasiModule } from '../wasi/preview1.ts';

/** The import module of injected fuel: a global that is counted down, and whom to ask when it went below zero. */
export const fuelModule = 'fleet:fuel';

/** Why a module may not run, or undefined: all it imports must be granted, and it must have a beginning. */
export function refusalOf(module: WebAssembly.Module, granted: Readonly<Record<string, unknown>>): string | undefined {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === wasiModule && kind === 'function' && Object.hasOwn(granted, name)) continue;
    if (from === fuelModule) continue;
    return `it imports the ${kind} ${from}.${name}; applications are granted functions of ${wasiModule} only`;
  }
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  if (exported.get('_start') !== 'function' && exported.get('_initialize') !== 'function') {
    return 'it exports neither _start (a command) nor _initialize (a reactor)';
  }
  if (exported.get('memory') !== 'memory') return 'it does not export its memory';
  return undefined;
}
