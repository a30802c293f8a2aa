import { fileURLToPath } from 'node:url';
import type { CompiledModule } from '../../device-agent/runtime/host/compiled-modules.ts';
import { prepareModule } from '../../device-agent/runtime/prepare/prepare-module.ts';

/** A small program of the example fleet. */
export const examplePath = fileURLToPath(
  new URL('../../fleet-examples/harbor/apps/position-beacon/position-beacon-1.1.0.wasm', import.meta.url),
);

/** A module made ready and compiled, as a host has it. */
export function compiledOf(source: Uint8Array): CompiledModule {
  const preparation = prepareModule(source, 64);
  if (preparation.kind === 'refused') throw new Error(preparation.message);
  return { module: new WebAssembly.Module(preparation.module), traits: preparation.traits };
}
