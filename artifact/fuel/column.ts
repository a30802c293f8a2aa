/** Numbers or flags that are found one after the other, body by body, in memory that is kept from one body to the next. */
export class Column<T extends number | boolean> {
  readonly #values: T[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    this.#values[this.#length++] = value;
  }

  /** The value at a place below the length. */
  at(place: number): T {
    return this.#values[place]!;
  }

  set(place: number, value: T): void {
    this.#values[place] = value;
  }

  /** Forgets all values. */
  clear(): void {
    this.#length = 0;
  }

  /** All values, in an array that has room for no more; the column is empty then. */
  take(): T[] {
    const taken = this.#values.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
