/** Runs what it is given one after the other, in the order in which it came; what fails holds up nothing behind it. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
