const unitBytes: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `64MiB` in bytes; the schema has seen to its form. */
export function bytesOf(quantity: string): number {
  return Number.parseInt(quantity, 10) * unitBytes[quantity.slice(-3)]!;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10s` in milliseconds; the schema has seen to its form. */
export function millisecondsOf(duration: string): number {
  const number = Number.parseInt(duration, 10);
  return number * unitMs[duration.slice(String(number).length)]!;
}
