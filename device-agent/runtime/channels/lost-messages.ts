/** Counts the messages that applications wrote and nobody got. */
export class LostMessages {
  readonly #counts = new Map<string, number>();

  add(application: string): void {
    this.#counts.set(application, this.of(application) + 1);
  }

  of(application: string): number {
    return this.#counts.get(application) ?? 0;
  }

  /** Lets go of all but these. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#counts.keys()) if (!names.has(name)) this.#counts.delete(name);
  }
}
