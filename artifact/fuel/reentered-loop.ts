import { immediate } from '../wasm/immediates.ts';
import type { InstructionCursor } from '../wasm/read/instructions.ts';
import type { Assembler } from './assembler.ts';
import type { Indices } from './indices.ts';
import { own } from './injected.ts';

/*
 * Around a loop that leaves itself when its fuel is gone, and is entered anew when there is more:
 *
 *   block           where it goes on when the loop has ended
 *     loop          where it is entered anew
 *       block       where it goes when the fuel is gone
 *         loop ... end
 *         br 2
 *       end
 *       ask for fuel, give back what the round has paid, as it pays once more
 *       br 0
 *     end
 *   end
 */

/** How many labels stand around such a loop besides its own. */
export const labelsAround = 3;

/** The label for when the fuel is gone, from within the loop. */
export const outOfFuelLabel = 1;

/** Writes what is in front of the loop that stands here, of the same type as that. */
export function openAround(code: Assembler, cursor: InstructionCursor, at: number): void {
  const { bytes } = cursor;
  cursor.seek(at, bytes.length);
  cursor.next();
  const open = (opcode: number): void => {
    code.byte(opcode);
    code.copy(bytes, at + 1, cursor.end);
  };
  open(0x02);
  open(0x03);
  code.block(-64);
}

/** Where such a loop keeps its fuel, and what a round costs. */
export interface RoundFuel {
  readonly local: number;
  readonly roundCharge: number;
}

/** Writes what is behind the loop. */
export function closeAround(code: Assembler, { local, roundCharge }: RoundFuel, indices: Indices): void {
  code.branch(2);
  code.end();
  code.localGet(local);
  code.call(indices.own(own.refill));
  code.i64Const(roundCharge);
  code.i64Add();
  code.localSet(local);
  code.branch(0);
  code.end();
  code.end();
}

/** Writes the branch that stands here, inside the loop under so many labels. */
export function copyBranch(code: Assembler, cursor: InstructionCursor, at: number, labelsInside: number): void {
  const { bytes } = cursor;
  cursor.seek(at, bytes.length);
  cursor.next();
  const { kinds, values, starts, count, end } = cursor;
  let copied = at;
  for (let i = 0; i < count; i++) {
    if (kinds[i] !== immediate.label) continue;
    code.copy(bytes, copied, starts[i]!);
    code.u32(labelOutside(values[i]!, labelsInside));
    copied = starts[i + 1]!;
  }
  code.copy(bytes, copied, end);
}

/** The label as it is now, from inside the loop under so many labels; the loop's own is one of them. */
export function labelOutside(label: number, labelsInside: number): number {
  return label < labelsInside ? label : label + labelsAround;
}
