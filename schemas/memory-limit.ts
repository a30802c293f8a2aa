import type { DeployedApplication } from './generated/types.ts';

/** Memory of one application whose manifest does not say; most that run on devices need a tenth, and two of them still fit a small device. */
const memoryBytesDefault = 64 * 2 ** 20;

const pageBytes = 65_536;

/** The most the memory of one instance may grow to, in bytes. */
export function memoryBytesMax({ limits }: Pick<DeployedApplication, 'limits'>): number {
  return limits?.memoryBytes ?? memoryBytesDefault;
}

/** What the memory of one instance may grow to, in pages of 64 KiB, rounded down. */
export function memoryPagesMax(application: Pick<DeployedApplication, 'limits'>): number {
  return Math.floor(memoryBytesMax(application) / pageBytes);
}
