import { describeModule } from '../../../artifact/wasm/describe.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { AuthoringError } from './authoring-error.ts';

/** What a release's signers say of it besides length and digest. */
export interface WasmFacts {
  readonly kind: 'module' | 'component';
  /** Where it takes its imports from: `wasi_snapshot_preview1`, another module's name, an interface. Sorted. */
  readonly imports: readonly string[];
}

/** Checks that bytes are a valid core module, or a component as far as it can be read; throws NOT_WASM. */
export function checkWasm(bytes: Uint8Array, file: string): WasmFacts {
  try {
    const { kind, imports } = describeModule(bytes);
    if (kind === 'module' && !WebAssembly.validate(bytes)) {
      throw new AuthoringError('NOT_WASM', `${file} is not a valid WebAssembly module`);
    }
    // A component's imports have one name, a module's have two, the first of which says who provides them.
    return { kind, imports: [...new Set(imports.map(({ module, name }) => module || name))].sort() };
  } catch (cause) {
    if (!(cause instanceof WasmError)) throw cause;
    throw new AuthoringError('NOT_WASM', `${file} is not WebAssembly: ${cause.message}`, { cause });
  }
}
