import { opcodeSpace } from '../wasm/opcodes.ts';
import { action, actionOfOpcode } from './costs.ts';

/** Bytes of a body that the engine takes. */
const engineBodyBytesMax = 7_654_321;

/** At the entry and the end of a body, and for all locals of one that is small enough to be threaded. */
const entryBytes = 1024;

/*
Bytes that the meter may add at an instruction, what its immediates grow by among them: at most what `write-body.ts` and
`write-threaded-body.ts` write there and at the start of the segment behind it, with indices of three bytes.
*/
const addedBytes: Readonly<Partial<Record<number, number>>> = {
  // Around it, so that it can be left and entered anew; at its header and behind it the fuel.
  [action.loop]: 136,
  [action.tryTable]: 48,
  [action.catch]: 64,
  [action.catchAll]: 64,
  [action.delegate]: 48,
};
const plainAddedBytes = 40;

/** By how many bytes a body grows at most where this opcode stands in it. */
const growthOfOpcode = Uint8Array.from({ length: opcodeSpace }, (_, opcode) => {
  const what = actionOfOpcode[opcode]!;
  return what === action.none ? 0 : (addedBytes[what] ?? plainAddedBytes);
});

/** How long a body can become when it is metered: counted while it is walked. Pure arithmetic, never too little. */
export class MeteredSize {
  #bytes = 0;

  /** Begins with a body of so many bytes. */
  begin(bodyBytes: number): void {
    this.#bytes = bodyBytes + entryBytes;
  }

  /** One more instruction, with so many immediates: each label among them may take a byte more. */
  instruction(opcode: number, immediates: number): void {
    const added = growthOfOpcode[opcode]!;
    if (added > 0) this.#bytes += added + immediates;
  }

  /** How many bytes it may have, at most. */
  get bytesMax(): number {
    return this.#bytes;
  }

  /** Why the function of that index can't be metered; undefined where it can. */
  problem(index: number): string | undefined {
    if (this.#bytes <= engineBodyBytesMax) return undefined;
    return `function ${index} may have ${this.#bytes} bytes with its meter, at most ${engineBodyBytesMax} can run: split it`;
  }
}
