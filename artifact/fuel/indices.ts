/**
 * Where things are in the instrumented module. Imports come first, in each index space the guest's own before ours; our
 * functions stand before the guest's, so that their indices are short; behind all stands one function for every imported
 * one, through which the guest calls it.
 *
 *   functions  | imported | out | ours ... | the guest's | around the imported ones |
 *   globals    | imported | left | stack | the guest's |
 */
export class Indices {
  readonly #importedFunctions: number;
  readonly #importedGlobals: number;
  readonly #definedFunctions: number;
  readonly #ours: number;

  constructor(importedFunctions: number, definedFunctions: number, importedGlobals: number, ours: number) {
    this.#importedFunctions = importedFunctions;
    this.#definedFunctions = definedFunctions;
    this.#importedGlobals = importedGlobals;
    this.#ours = ours;
  }

  /** The imported function that is called when the fuel is gone. */
  get out(): number {
    return this.#importedFunctions;
  }

  /** The global that holds the fuel. */
  get left(): number {
    return this.#importedGlobals;
  }

  /** The global that holds the bytes of stack. */
  get stack(): number {
    return this.#importedGlobals + 1;
  }

  /** One of our own functions. */
  own(number: number): number {
    return this.#importedFunctions + 1 + number;
  }

  /** Where references and calls to this function of the guest's go now. */
  function(index: number): number {
    const before = this.#ours + 1;
    if (index >= this.#importedFunctions) return index + before;
    return this.#importedFunctions + before + this.#definedFunctions + index;
  }

  /** Where this function itself is now. */
  named(index: number): number {
    return index < this.#importedFunctions ? index : this.function(index);
  }

  /** Where this global of the guest's is now. */
  global(index: number): number {
    return index < this.#importedGlobals ? index : index + 2;
  }
}
