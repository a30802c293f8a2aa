/** Who waits for something to become ready. */

/** Calls back each once, in a later microtask: nobody is called from within what made it ready. */
export class Wakers {
  readonly #waiting = new Set<() => void>();

  add(callback: () => void): Disposable {
    this.#waiting.add(callback);
    return { [Symbol.dispose]: () => void this.#waiting.delete(callback) };
  }

  wake(): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of woken) queueMicrotask(callback);
  }
}

/** Listens to several, and calls back once for the first. */
export function onFirst(listens: readonly ((callback: () => void) => Disposable)[], callback: () => void): Disposable {
  let isOver = false;
  const end = (): void => {
    isOver = true;
    for (const one of waiting) one[Symbol.dispose]();
  };
  const waiting = listens.map((listen) =>
    listen(() => {
      if (isOver) return;
      end();
      callback();
    }),
  );
  return { [Symbol.dispose]: end };
}
