import { prefixBase } from '../wasm/opcodes.ts';
import { frameBytesBase, frameBytesMax } from './limits.ts';

/** What of a function body decides how much stack a call of it takes. */
export interface FrameShape {
  /** Parameters and other locals. */
  readonly locals: number;
  readonly params: number;
  /** Operands on the stack, at most. */
  readonly heightMax: number;
  readonly usesVectors: boolean;
}

/** Bytes that a call frame takes at most: its values, and the parameters once more where its caller puts them. */
export function frameBytes({ locals, params, heightMax, usesVectors }: FrameShape): number {
  return frameBytesBase + (locals + params + heightMax) * (usesVectors ? 16 : 8);
}

/** Why a function with such a frame can't be metered: its index counts imported ones; undefined where it can. */
export function frameProblem(index: number, bytes: number): string | undefined {
  if (bytes <= frameBytesMax) return undefined;
  return `function ${index} may take ${bytes} bytes of stack, ${frameBytesMax} are allowed`;
}

const firstVector = prefixBase[0xfd]!;
const firstAtomic = prefixBase[0xfe]!;

/** Whether an instruction works on 128-bit values. */
export function isVectorOpcode(opcode: number): boolean {
  return opcode >= firstVector && opcode < firstAtomic;
}

/** The code of the value type v128. */
export const vectorType = 0x7b;
