import type { Random } from '../../platform/ports.ts';

/** Milliseconds before the first retry, before jitter. */
const firstMs = 2_000;

/** How long to wait after so many failures in a row: doubling, half of it drawn, so that a fleet does not retry as one. */
export function backoffMs(failures: number, random: Random, mostMs: number): number {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return ceiling / 2 + (random.fraction() * ceiling) / 2;
}
