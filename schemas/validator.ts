import type { ErrorObject } from 'ajv';

/** Tells whether a value is what its schema says. */
export interface Validator<T> {
  (value: unknown): value is T;
  /** Of the last value that was not. */
  readonly errors?: ErrorObject[] | null;
}
