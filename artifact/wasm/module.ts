/** Numbers of the sections of a core module. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Numbers of the sections of a component that hold a whole binary. */
export const componentSectionId = { custom: 0, coreModule: 1, component: 4, import: 10, export: 11 } as const;

/** What an import or export is, by its number in the binary. */
export const externKinds = ['function', 'table', 'memory', 'global', 'tag'] as const;
/** What an import or export is. */
export type ExternKind = (typeof externKinds)[number];

/** Bytes `start` to `end` of the file the part was read from; what is not edited is written back from there. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One section: `start` is the offset of its number, `payload` of its contents. */
export interface Section extends Span {
  readonly id: number;
  readonly payload: number;
  /** Bytes that the length took; linkers pad it. */
  readonly sizeWidth: number;
}

/** A binary cut into its sections; a component's are opaque. */
export interface Binary {
  readonly kind: 'module' | 'component';
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
}

/** A value type as its bytes say: the code, and the heap type behind a written-out reference. */
export interface ValueType {
  readonly code: number;
  readonly heap?: number;
}

/** A field of a struct, or the elements of an array. */
export interface FieldType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

/** What a type defines. */
export type CompositeType =
  | { readonly kind: 'function'; readonly params: readonly ValueType[]; readonly results: readonly ValueType[] }
  | { readonly kind: 'struct'; readonly fields: readonly FieldType[] }
  | { readonly kind: 'array'; readonly element: FieldType };

/** One type of the type index space. `final` and `supers` are as written; the short form has neither. */
export interface SubType {
  readonly form: 'short' | 'open' | 'final';
  readonly supers: readonly number[];
  readonly composite: CompositeType;
}

/** A group of types that may name each other; a lone type that was not written as a group has `explicit` false. */
export interface RecursiveGroup {
  readonly explicit: boolean;
  readonly types: readonly SubType[];
}

/** What the bits of `flags` in limits say: which numbers follow, and of what sort the memory or table is. */
export const limitsFlag = { maximum: 1, shared: 2, wide: 4, pageSize: 8 } as const;

/** Size limits of a table or memory; `flags` as written. */
export interface Limits {
  readonly flags: number;
  readonly minimum: number;
  readonly maximum?: number;
  readonly pageSizeLog2?: number;
}

/** The type of a table. */
export interface TableType {
  readonly element: ValueType;
  readonly limits: Limits;
}

/** The type of a global. */
export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

/** What something imported is. */
export type ExternType =
  | { readonly kind: 'function'; readonly type: number }
  | { readonly kind: 'table'; readonly table: TableType }
  | { readonly kind: 'memory'; readonly limits: Limits }
  | { readonly kind: 'global'; readonly global: GlobalType }
  | { readonly kind: 'tag'; readonly type: number };

/** One import. */
export interface Import {
  readonly module: string;
  readonly name: string;
  readonly type: ExternType;
}

/** One export. */
export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
}

/** A table with the expression that fills it, if it has one. */
export interface Table {
  readonly type: TableType;
  readonly init?: Span;
}

/** A global with its initial value. */
export interface Global {
  readonly type: GlobalType;
  readonly init: Span;
}

/** A segment of table elements; `flags` as written: 1 passive or declared, 2 table index or declared, 4 expressions. */
export interface ElementSegment {
  readonly flags: number;
  readonly table?: number;
  readonly offset?: Span;
  /** The kind byte of function lists. */
  readonly elementKind?: number;
  readonly type?: ValueType;
  readonly functions?: readonly number[];
  readonly expressions?: readonly Span[];
}

/** A segment of memory; `flags` as written: 1 passive, 2 memory index. */
export interface DataSegment {
  readonly flags: number;
  readonly memory?: number;
  readonly offset?: Span;
  readonly contents: Span;
}

/** A run of locals of one type. */
export interface LocalRun {
  readonly count: number;
  readonly type: ValueType;
}

/** A function body: `start` is where its locals begin, behind its length; `end` is behind its last instruction. */
export interface FunctionBody extends Span {
  readonly sizeWidth: number;
}
