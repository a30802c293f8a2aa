import type { ModuleStart } from './verdict.ts';

/** Why a module can't start in an application that gives each of its modules so many pages of memory; undefined where it can. */
export function memoryShortage({ memoryPages }: ModuleStart, memoryPagesMax: number): string | undefined {
  if (memoryPages <= memoryPagesMax) return undefined;
  return `it starts with ${memoryPages} pages of memory (64 KiB each), limits.memory of its application allows ${memoryPagesMax}`;
}
