/** Counts the messages that applications wrote and nobody got, or that waited for them and are let go of. */
export class LostMessages {
  readonly #counts = new Map<string, number>();

  add(application: string, count = 1): void {
    this.#counts.set(application, this.of(application) + count);
  }

  of(application: string): number {
    return this.#counts.get(application) ?? 0;
  }

  /** Lets go of all but these. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#counts.keys()) if (!names.has(name)) this.#counts.delete(name);
  }
}
