/**
 * What a module may be at most, to run on a device. Each bounds what compiling or instantiating costs before the first
 * instruction runs, when no fuel and no limit of an application holds yet. Measured on V8 14; in brackets the most that
 * published programs had (esbuild for WASI, Ruby, Pyodide, SQLite, libvips, lightningcss).
 */
export interface AdmissionLimits {
  readonly moduleBytesMax: number;
  readonly functionsMax: number;
  readonly typesMax: number;
  readonly resultsMax: number;
  readonly importsMax: number;
  readonly exportsMax: number;
  readonly globalsMax: number;
  readonly memoriesMax: number;
  readonly memoryPagesMax: number;
  readonly tablesMax: number;
  readonly tableElementsMax: number;
  readonly elementSegmentsMax: number;
  readonly elementsMax: number;
  readonly dataSegmentsMax: number;
  readonly bodyBytesMax: number;
  readonly localsMax: number;
  readonly nestingMax: number;
  readonly branchTargetsMax: number;
  readonly bodyMergesMax: number;
  readonly moduleMergesMax: number;
  readonly sharedExceptionValuesMax: number;
}

/** The limits of every device; what one application may use at run time is below them and stands in its manifest. */
export const admissionLimits: AdmissionLimits = {
  /** As the deployment's schema has it [31 MB]. */
  moduleBytesMax: 256 * 1024 * 1024,
  /** The engine keeps about 110 bytes for each, called or not [17,825]. */
  functionsMax: 250_000,
  /** Types are compared with all that the process has seen [252]. */
  typesMax: 50_000,
  /** Of a function or block: two bytes of code may move them all [1; many-valued returns have a few]. */
  resultsMax: 64,
  /** A wrapper is compiled for each; preview 1 has 46 functions [79 of a host that has them]. */
  importsMax: 1_000,
  /** An object is made for each; names may be as long as the engine takes them, 100,000 bytes [8,560; 273 bytes]. */
  exportsMax: 50_000,
  /** [1,301] */
  globalsMax: 50_000,
  /** The engine reserves up to 8 GiB of addresses for each [1]. */
  memoriesMax: 4,
  /** Of all memories at the start, 1 GiB: more is no device's to give; an application's own limit is far below [549]. */
  memoryPagesMax: 16_384,
  /** [3] */
  tablesMax: 64,
  /** Of all tables, at the start and later: one takes up to 32 bytes of the engine's heap, which a process shares [12,332]. */
  tableElementsMax: 100_000,
  /** [1] */
  elementSegmentsMax: 50_000,
  /** Of all element segments [8,775]. */
  elementsMax: 1_000_000,
  /** The engine takes no more; Go's linker uses them all [100,000]. */
  dataSegmentsMax: 100_000,
  /** A body is compiled in one go that nothing interrupts: 1 s and 100 MB for a million instructions [401,717]. */
  bodyBytesMax: 4 * 1024 * 1024,
  /** With parameters; the engine takes no more [289]. */
  localsMax: 50_000,
  /** 1 kB each while a body is compiled [3,289, in Go]. */
  nestingMax: 50_000,
  /** Of one br_table; the engine takes no more [5,492]. */
  branchTargetsMax: 65_520,
  /**
   * Where control flow meets, the compiler copies every local and operand: 4 bytes and 25 ns for each, so that 70 kB of
   * code can take 6 GB and 30 s. Counted as points × values: 130 MB and 1 s [3,400,000].
   */
  bodyMergesMax: 32_000_000,
  /** The same over all bodies: 4 s when every one is called [47,000,000]. */
  moduleMergesMax: 160_000_000,
  /** Values that an exception carries in a process that others share: each takes up to 64 bytes of the engine's heap [1, in C++]. */
  sharedExceptionValuesMax: 8,
};
