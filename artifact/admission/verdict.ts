/** Which rule a module breaks; programs decide by it, never by the message. */
export type ModuleProblemCode =
  | 'NOT_WASM'
  | 'IS_COMPONENT'
  | 'TOO_LARGE'
  | 'TOO_MANY'
  | 'TOO_DEEP'
  | 'COSTS_TOO_MUCH'
  | 'UNKNOWN_IMPORT'
  | 'WRONG_SIGNATURE'
  | 'NO_ENTRY'
  | 'NO_MEMORY'
  | 'RESERVED_NAME'
  /** Its form is right, and its types do not agree. */
  | 'NOT_VALID';

/** One reason why a module cannot run. */
export interface ModuleProblem {
  readonly code: ModuleProblemCode;
  /** What was found, which rule it breaks, and what to do where that is known; starts with a small letter. */
  readonly message: string;
  /** Where in the file it was found. */
  readonly offset: number;
  /** It was built for another host, as what it asks for tells; the message says what to build instead. */
  readonly isOfOtherHost?: true;
}

/** What a module asks of its host beyond preview 1 and a memory of its own. */
export type ModuleNeed =
  /** It can fill the engine's heap, which only the process bounds: garbage-collected values, linked exceptions. */
  | 'own-process'
  /** It takes its memory from `env.memory`. */
  | 'imported-memory'
  | 'shared-memory'
  | 'memory64'
  /** The elder of preview 1: other numbers of whence, other layouts of filestat and subscription. */
  | 'wasi-unstable';

/** How a module is started: by `_start`, by `_initialize` and then by what it exports, or, linked to others, by that alone. */
export type ModuleEntry = 'command' | 'reactor' | 'library';

/** What instantiation takes at once. */
export interface ModuleStart {
  readonly memoryPages: number;
  readonly tableElements: number;
}

/** Whether a module can run on a device, and what it needs there. */
export type Verdict =
  | {
      readonly kind: 'runs';
      readonly entry: ModuleEntry;
      readonly needs: readonly ModuleNeed[];
      readonly start: ModuleStart;
      /** Names that its imports come from, sorted. */
      readonly imports: readonly string[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly [ModuleProblem, ...ModuleProblem[]] };

const listedMax = 12;

/** Problems as they are found; a hostile module has no more of them to tell than a person reads. */
export class ProblemList {
  readonly #problems: ModuleProblem[] = [];
  #unlisted = 0;

  add(code: ModuleProblemCode, offset: number, message: string, more: Pick<ModuleProblem, 'isOfOtherHost'> = {}): void {
    if (this.#problems.length < listedMax) this.#problems.push({ code, message, offset, ...more });
    else this.#unlisted++;
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  /** The refusal; undefined when nothing was found. */
  refusal(): Verdict | undefined {
    const [first, ...others] = this.#problems;
    if (first === undefined) return undefined;
    if (this.#unlisted === 0) return { kind: 'refused', problems: [first, ...others] };
    const last = this.#problems.at(-1)!;
    const message = `${last.message}; ${this.#unlisted} more problems are not listed`;
    return { kind: 'refused', problems: [first, ...others.slice(0, -1), { ...last, message }] };
  }
}
