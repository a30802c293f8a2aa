/** Goes on with what may have to be waited for, at once where it did not have to be. */
export function andThen<T, R>(value: T | Promise<T>, next: (value: T) => R): Promise<Awaited<R>> | R {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<R>>) : next(value);
}

/** Does what may have to be waited for; `tell` hears whether it went well before anybody else does. */
export function whenSettled(work: () => void | Promise<void>, tell: (isDone: boolean) => void): void | Promise<void> {
  const fail = (error: unknown): never => {
    tell(false);
    throw error;
  };
  const begin = (): void | Promise<void> => {
    try {
      return work();
    } catch (error) {
      return fail(error);
    }
  };
  const working = begin();
  return working instanceof Promise ? working.then(() => tell(true), fail) : tell(true);
}
