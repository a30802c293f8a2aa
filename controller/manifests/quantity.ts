const unitBytes: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `64MiB` in bytes; the schema has seen to its form. */
export function bytesOf(quantity: string): number {
  return Number.parseInt(quantity, 10) * unitBytes[quantity.slice(-3)]!;
}

const billedBytes: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 };

/** `50MB`, as links are billed, in bytes; the schema has seen to its form. */
export function billedBytesOf(quantity: string): number {
  return Number.parseInt(quantity, 10) * billedBytes[quantity.slice(-2)]!;
}
