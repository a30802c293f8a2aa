/**
 * What unpacking takes of a device, estimated from lengths before anything travels. The figures lie above what
 * `npm run bench -- delta` measured (bench/README.md): a delta needs its decoder's tables and several copies of the module,
 * and time for every coded byte; one that starts from nothing tables too, and time for every byte of the module (`npm run bench -- whole`);
 * brotli needs the module and its window.
 */
import { nothingSha256 } from '../../artifact/delta/from-nothing.ts';
import type { Way } from '../../schemas/generated/types.ts';

/** What a device may spend on unpacking, by its class. */
export interface UnpackBudget {
  /** Beside what the agent takes anyway. */
  readonly memoryBytesMax: number;
  /** Of a core such as the benchmark's. */
  readonly cpuSecondsMax: number;
}

export interface UnpackCost {
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

const megabyte = 1_000_000;
const brotliWindowBytes = 16 * 1024 * 1024;
const deltaTableBytes = 50 * megabyte;
const copiesOfModule = 6;
const condensedTableBytes = 28 * megabyte;

/** Of a way to a module of `length` bytes. What is not unpacked costs nothing here: it goes to disk piece by piece. */
export function unpackCost({ method, base, length: packed }: Way, length: number): UnpackCost {
  switch (method) {
    case 'whole':
      return { memoryBytes: 0, cpuSeconds: 0 };
    case 'brotli':
      return {
        memoryBytes: 2 * length + packed + Math.min(length, brotliWindowBytes),
        cpuSeconds: (0.02 * length) / megabyte,
      };
    case 'delta':
      if (base === nothingSha256) {
        return {
          memoryBytes: condensedTableBytes + 2 * length + packed,
          cpuSeconds: 0.3 + (3 * length) / megabyte,
        };
      }
      return {
        memoryBytes: deltaTableBytes + copiesOfModule * length,
        cpuSeconds: 0.45 + (0.1 * length) / megabyte + (14 * packed) / megabyte,
      };
    default:
      return method satisfies never;
  }
}

export function isWithin({ memoryBytes, cpuSeconds }: UnpackCost, budget: UnpackBudget): boolean {
  return memoryBytes <= budget.memoryBytesMax && cpuSeconds <= budget.cpuSecondsMax;
}
