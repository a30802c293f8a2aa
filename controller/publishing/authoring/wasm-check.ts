import { AuthoringError } from './authoring-error.ts';

/** What a release's signers say of it besides length and digest. */
export interface WasmFacts {
  readonly kind: 'module' | 'component';
  /** Where a module takes its imports from: `wasi_snapshot_preview1`, another module's name. Sorted. */
  readonly imports: readonly string[];
}

/** Checks that bytes are a valid core module, or begin as a component; throws NOT_WASM. */
export function checkWasm(bytes: Uint8Array, file: string): WasmFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0) !== 0x0061736d) {
    throw new AuthoringError('NOT_WASM', `${file} is not WebAssembly: it does not begin with the bytes 00 61 73 6d`);
  }
  // Version and layer: 1, 0 for a core module; anything, 1 for a component.
  if (view.getUint16(6, true) === 1) return { kind: 'component', imports: [] };
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw new AuthoringError('NOT_WASM', `${file} is not a valid WebAssembly module`);
  }
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
  return { kind: 'module', imports: [...new Set(imports.map(({ module }) => module))].sort() };
}
