import type { CompositeType, RecursiveGroup, ValueType } from '../wasm/module.ts';

const letters: Readonly<Record<number, string>> = { 127: 'i', 126: 'I', 125: 'f', 124: 'F', 123: 'v' };
const lettersOf = (types: readonly ValueType[]): string => types.map(({ code }) => letters[code] ?? 'r').join('');

/** Value types by code: those from `v128` on are numbers. */
const isReference = ({ code }: ValueType): boolean => code < 0x77;

/** Of a reference to an exception, written short and as `(ref exn)`; and to none. */
const exceptionCodes = [0x69, 0x74];
const exceptionHeaps = [-0x17, -0x0c];

/** Whether a place of this type keeps an exception, with all that it carries, on the engine's heap. */
export function keepsException({ code, heap }: ValueType): boolean {
  return exceptionCodes.includes(code) || (heap !== undefined && exceptionHeaps.includes(heap));
}

/** What judging needs of a module's types: how many values they stand for, and little else; unknown indices stand for none. */
export class ModuleTypes {
  readonly #types: CompositeType[] = [];
  readonly #functions: number[] = [];
  readonly #tags: number[] = [];

  /** How many types there are. */
  get count(): number {
    return this.#types.length;
  }

  /** How many functions there are, imported ones first. */
  get functionCount(): number {
    return this.#functions.length;
  }

  addGroup({ types }: RecursiveGroup): void {
    for (const { composite } of types) this.#types.push(composite);
  }

  addFunction(type: number): void {
    this.#functions.push(type);
  }

  addTag(type: number): void {
    this.#tags.push(type);
  }

  typeOfFunction(index: number): number {
    return this.#functions[index] ?? -1;
  }

  params(type: number): number {
    const composite = this.#types[type];
    return composite?.kind === 'function' ? composite.params.length : 0;
  }

  results(type: number): number {
    const composite = this.#types[type];
    return composite?.kind === 'function' ? composite.results.length : 0;
  }

  fields(type: number): number {
    const composite = this.#types[type];
    return composite?.kind === 'struct' ? composite.fields.length : 0;
  }

  tagParams(tag: number): number {
    return this.params(this.#tags[tag] ?? -1);
  }

  /** Like `iI>i`: i32, i64, f32 and f64 as i, I, f, F, vectors as v, references as r; what is no function has none. */
  signature(type: number): string | undefined {
    const composite = this.#types[type];
    return composite?.kind === 'function'
      ? `${lettersOf(composite.params)}>${lettersOf(composite.results)}`
      : undefined;
  }

  /** The most results of a function type. */
  resultsMax(): number {
    return this.#types.reduce((most, _, type) => Math.max(most, this.results(type)), 0);
  }

  /** Whether values can be made that live on the engine's heap for as long as others refer to them; exceptions carry few. */
  fillsHeap(exceptionValuesMax: number): boolean {
    if (this.#types.some(({ kind }) => kind !== 'function')) return true;
    // An exception that carries one is a link of a chain without an end.
    return this.#tags.some((tag) => {
      const composite = this.#types[tag];
      if (composite?.kind !== 'function') return false;
      return composite.params.length > exceptionValuesMax || composite.params.some(isReference);
    });
  }
}
