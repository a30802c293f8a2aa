import { immediate } from '../wasm/immediates.ts';
import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { action } from './costs.ts';
import type { Signatures } from './signatures.ts';

const emptyBlock = -64;

/** How many values the block that the cursor is at takes and gives. */
export function blockArity({ kinds, values }: InstructionCursor, signatures: Signatures): readonly [number, number] {
  const type = values[0]!;
  if (kinds[0] === immediate.valueType) return [0, 1];
  if (type < 0) return [0, type === emptyBlock ? 0 : 1];
  return [signatures.params[type] ?? 0, signatures.results[type] ?? 0];
}

/**
 * Whether the bulk operation that the cursor is at takes a 64-bit length: it is as wide as the narrowest index it is added to;
 * segments and arrays have 32-bit ones.
 */
export function lengthIsWide(
  { kinds, values, count }: InstructionCursor,
  { wideMemory, wideTable }: Signatures,
  what: number,
): boolean {
  if (what === action.arrayBulk) return false;
  const [wide, space] =
    what === action.memoryBulk ? ([wideMemory, immediate.memory] as const) : ([wideTable, immediate.table] as const);
  for (let i = 0; i < count; i++) if (kinds[i] !== space || !wide[values[i]!]) return false;
  return true;
}
