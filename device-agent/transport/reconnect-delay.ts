const firstMs = 1_000;
const msMax = 300_000;

/**
 * How long to stay away after the `failures`-th failure in a row (1 for the first). Doubles up to five minutes; the lower half
 * is by chance, so that the devices of a site do not come back in step when their link does.
 */
export function reconnectDelayMs(failures: number, fraction: number): number {
  const ceiling = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), msMax);
  return ceiling / 2 + (ceiling / 2) * fraction;
}
