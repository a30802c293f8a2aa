import { type Limits, limitsFlag } from '../wasm/module.ts';
import { FuelError, type FuelErrorCode } from './error.ts';

const pageLog2 = 16;

/** The limits of all memories of a module, so that together they never hold more than these pages of 64 KiB. */
export function boundMemories(memories: readonly Limits[], pagesMax: number): Limits[] {
  const unit = ({ pageSizeLog2 = pageLog2 }: Limits): number => 2 ** (pageSizeLog2 - pageLog2);
  return bound(memories, unit, pagesMax, 'memory-above-limit', 'pages of memory');
}

/** The limits of all tables of a module, so that together they never hold more than these elements. */
export function boundTables(tables: readonly Limits[], elementsMax: number): Limits[] {
  return bound(tables, () => 1, elementsMax, 'table-above-limit', 'table elements');
}

// What the minima leave is shared in equal parts by those that may grow.
function bound(
  all: readonly Limits[],
  unit: (limits: Limits) => number,
  max: number,
  code: FuelErrorCode,
  what: string,
): Limits[] {
  const used = all.reduce((sum, limits) => sum + limits.minimum * unit(limits), 0);
  // A number that a double can't hold was read as NaN.
  if (!(used <= max)) throw new FuelError(code, `the module starts with ${used} ${what}, ${max} are allowed`);
  const growing = all.filter(({ minimum, maximum }) => minimum !== maximum).length;
  const share = (max - used) / Math.max(growing, 1);
  return all.map((limits) => {
    const allowed = limits.minimum + Math.floor(share / unit(limits));
    const wanted = limits.maximum ?? Number.POSITIVE_INFINITY;
    return { ...limits, flags: limits.flags | limitsFlag.maximum, maximum: wanted < allowed ? wanted : allowed };
  });
}
