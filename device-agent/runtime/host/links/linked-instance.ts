import type { CompiledModule } from '../compiled-modules.ts';

/** An instance of a linked module, and the memory that is its own. */
export interface LinkedInstance {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory | undefined;
  /** Whether the limit of memory gives its module less than it may ask for. */
  readonly isBounded: boolean;
}

/** Makes an instance that shares meter and system calls with the guest; `links` is what it may import of linked modules. */
export type Instantiate = (compiled: CompiledModule, links: WebAssembly.Imports) => LinkedInstance;
