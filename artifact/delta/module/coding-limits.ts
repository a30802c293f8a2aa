import type { DeltaLimits } from '../limits.ts';

/** Sets of mixing weights that the code codec uses. */
export const weightSets = 64;

/** Bits of the table of counters: enough for the code at hand, and no more memory than that. */
export const counterBits = (codeBytes: number): number => Math.min(22, Math.max(16, 34 - Math.clz32(codeBytes)));

/** The most decisions that coding may take. */
export const decisionsMax = (oldBytes: number, newBytes: number, { decisionsPerByteMax }: DeltaLimits): number =>
  (oldBytes + newBytes + 4096) * decisionsPerByteMax;
