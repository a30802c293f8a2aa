import type { CompiledModule } from '../compiled-modules.ts';

/** An instance of a linked module, and the memories that are its own. */
export interface LinkedInstance {
  readonly exports: WebAssembly.Exports;
  /** What its calls work through. */
  readonly memory: WebAssembly.Memory | undefined;
  /** All that it has. */
  readonly memories: ReadonlySet<WebAssembly.Memory>;
  /** Whether the limit of memory gives its module less than it may ask for. */
  readonly isBounded: boolean;
}

/** Makes an instance that shares meter and system calls with the guest; `links` is what it may import of linked modules. */
export type Instantiate = (compiled: CompiledModule, links: WebAssembly.Imports) => LinkedInstance;

/** Bytes of all memories of an instance. */
export function memoryBytesOf({ memories }: LinkedInstance): number {
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
