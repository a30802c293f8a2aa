/** Whether what another process said has the form that it should have. */

export type Fields = Readonly<Record<string, unknown>>;

/** A whole number from 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
