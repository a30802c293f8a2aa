/**
 * Where things are in the instrumented module. Imports come first, the guest's own before ours; our functions and globals
 * stand before the guest's, so that their indices are short, and the same whether ours are imported; behind all stands one
 * function for every imported one, through which the guest calls it.
 *
 *   functions  | imported | out | ours ... | the guest's | around the imported ones | into the threaded ones |
 *   globals    | imported | left | stack | the guest's |
 */
export class Indices {
  readonly #importedFunctions: number;
  readonly #importedGlobals: number;
  readonly #definedFunctions: number;
  readonly #ours: number;
  /** Place among the threaded functions by the number of the defined one. */
  readonly #threaded: ReadonlyMap<number, number>;

  constructor(
    importedFunctions: number,
    definedFunctions: number,
    importedGlobals: number,
    ours: number,
    threaded: readonly number[],
  ) {
    this.#threaded = new Map(threaded.map((number, place) => [number, place]));
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
    const around = this.#importedFunctions + 1 + this.#ours + this.#definedFunctions;
    if (index < this.#importedFunctions) return around + index;
    const place = this.#threaded.get(index - this.#importedFunctions);
    return place === undefined ? this.named(index) : around + this.#importedFunctions + place;
  }

  /** Where this function itself is now. */
  named(index: number): number {
    return index < this.#importedFunctions ? index : index + 1 + this.#ours;
  }

  /** Where this global of the guest's is now. */
  global(index: number): number {
    return index < this.#importedGlobals ? index : index + 2;
  }
}
