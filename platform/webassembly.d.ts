// The part of the WebAssembly interface that is used here; the library `dom` would bring it along with a browser.
declare namespace WebAssembly {
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag';
  type ImportValue = unknown;
  type Imports = Record<string, Record<string, ImportValue>>;
  type Exports = Record<string, unknown>;
  function validate(bytes: Uint8Array): boolean;
  /** Compiles beside the thread that asks. */
  function compile(bytes: Uint8Array): Promise<Module>;
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: ImportExportKind }[];
    static exports(module: Module): { name: string; kind: ImportExportKind }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(delta: number): number;
  }
  class Table {
    set(index: number, value: unknown): void;
  }
  class Global<T extends number | bigint = number | bigint> {
    constructor(descriptor: { value: 'i32' | 'i64'; mutable: boolean }, value: T);
    value: T;
  }
  class Tag {
    constructor(type: { parameters: string[] });
  }
  const JSTag: Tag;
  class Exception {
    is(tag: Tag): boolean;
    getArg(tag: Tag, index: number): unknown;
  }
  /** An import that may answer with a promise: the guest is suspended until it settles. */
  class Suspending {
    constructor(call: (...values: never[]) => unknown);
  }
  /** An export whose imports may suspend; it answers with a promise. */
  function promising<Values extends unknown[]>(
    call: (...values: Values) => unknown,
  ): (...values: Values) => Promise<unknown>;
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
}
