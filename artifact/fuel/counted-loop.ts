import { immediate } from '../wasm/immediates.ts';
import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { action, actionOfOpcode } from './costs.ts';

/**
 * How many rounds a loop has, where its code says so: a local is a constant in front of it, changes by another once a round,
 * and the round ends where it is compared with a third. The loop is left nowhere else.
 *
 *   (local.set $x (i32.const first)) ... loop ... (i32.ne (local.tee $x (i32.add (local.get $x) (i32.const step))) (i32.const last)) br_if 0 end
 *
 * Code leads straight to the loop at `start` from `before`. Undefined where the rounds are not known.
 */
export function roundsOf(cursor: InstructionCursor, before: number, start: number): number | undefined {
  const round = roundAt(cursor, start);
  const counter = round && counterOf(round);
  const step = counter && stepOf(round!, counter);
  if (step === undefined) return undefined;
  const first = constantBefore(cursor, before, start, counter!.local);
  const rounds = (counter!.last - (first ?? Number.NaN)) / step;
  // What misses its end, or has to go all around to it, is no number of these.
  return rounds > 0 && Number.isSafeInteger(rounds) ? rounds : undefined;
}

const [localGet, localSet, localTee] = [0x20, 0x21, 0x22];

const branchIf = 0x0d;

/** Whether a loop that ends at this offset ends as one whose rounds may be known: soon told, for the many that don't. */
export function mayBeCounted(bytes: Uint8Array, end: number): boolean {
  const branch = end - 3;
  if (bytes[branch] !== branchIf || bytes[branch + 1] !== 0) return false;
  // Behind a `local.tee`, the index takes a byte or two.
  const isBare = bytes[branch - 2] === localTee || bytes[branch - 3] === localTee;
  return isBare || numeric.some(({ notEqual }) => bytes[branch - 1] === notEqual);
}

/** The codes of what is done with 32-bit numbers, and with 64-bit ones. */
const numeric = [
  { constant: 0x41, notEqual: 0x47, add: 0x6a, subtract: 0x6b },
  { constant: 0x42, notEqual: 0x52, add: 0x7c, subtract: 0x7d },
] as const;
type Numeric = (typeof numeric)[number];

/** Of a longer loop nobody asks: so the time for all loops, whatever stands in them, is that of so many instructions each. */
const instructionsMax = 256;

/** The instructions of a round up to the branch back, as columns over their order. */
interface Round {
  readonly opcodes: number[];
  readonly values: number[];
  /** In how many blocks inside of the loop each stands. */
  readonly depths: number[];
}

/** Undefined where the branch back is not the last that stands in the loop, or not the only one that goes to it or out of it. */
function roundAt(cursor: InstructionCursor, start: number): Round | undefined {
  const round: Round = { opcodes: [], values: [], depths: [] };
  cursor.seek(start, cursor.bytes.length);
  cursor.next();
  let depth = 0;
  while (round.opcodes.length < instructionsMax && cursor.next()) {
    const { opcode, values } = cursor;
    const what = actionOfOpcode[opcode]!;
    if (what === action.branchIf && depth === 0 && values[0] === 0) return endsHere(cursor) ? round : undefined;
    if (what === action.end) depth--;
    if (depth < 0 || leaves(cursor, what, depth)) return undefined;
    round.opcodes.push(opcode);
    round.values.push(values[0]!);
    round.depths.push(depth);
    if (what >= action.block && what <= action.if) depth++;
  }
  return undefined;
}

const endsHere = (cursor: InstructionCursor): boolean => cursor.next() && actionOfOpcode[cursor.opcode] === action.end;

/** Whether an instruction may go to the loop or out of it, under so many blocks; what handles exceptions is not looked into. */
function leaves({ kinds, values, count }: InstructionCursor, what: number, depth: number): boolean {
  if (what >= action.try && what <= action.tryTable) return true;
  if (what === action.leave || what === action.return || (what >= action.tailCall && what <= action.throw)) return true;
  if (what < action.branch || what > action.branchOn) return false;
  for (let i = 0; i < count; i++) if (kinds[i] === immediate.label && values[i]! >= depth) return true;
  return false;
}

/** What ends a loop where it has its last value. */
interface Counter {
  readonly local: number;
  readonly last: number;
  readonly operations: Numeric;
}

function counterOf({ opcodes, values }: Round): Counter | undefined {
  const end = opcodes.length - 1;
  // Without a comparison it is zero that ends the loop.
  if (opcodes[end] === localTee) return { local: values[end]!, last: 0, operations: numeric[0] };
  const operations = numeric.find(({ notEqual }) => opcodes[end] === notEqual);
  const [counter, last] = [end - 2, end - 1];
  if (operations === undefined || opcodes[last] !== operations.constant) return undefined;
  if (opcodes[counter] !== localGet && opcodes[counter] !== localTee) return undefined;
  return { local: values[counter]!, last: values[last]!, operations };
}

/** By how much it changes in each round; undefined where it is not set once in every round, by a sum with a constant. */
function stepOf({ opcodes, values, depths }: Round, { local, operations }: Counter): number | undefined {
  const sets = (at: number): boolean => values[at] === local && (opcodes[at] === localSet || opcodes[at] === localTee);
  const at = opcodes.findIndex((_, one) => sets(one));
  if (depths[at] !== 0 || opcodes.some((_, one) => one > at && sets(one))) return undefined;
  const [from, by, operation] = [at - 3, at - 2, at - 1];
  if (opcodes[from] !== localGet || values[from] !== local || opcodes[by] !== operations.constant) return undefined;
  if (opcodes[operation] === operations.add) return values[by];
  return opcodes[operation] === operations.subtract ? -values[by]! : undefined;
}

/** The constant that a local is at the end of code that runs straight to there; undefined where it is set otherwise, or not at all. */
function constantBefore(cursor: InstructionCursor, start: number, end: number, local: number): number | undefined {
  let constant: number | undefined;
  let found: number | undefined;
  cursor.seek(start, end);
  while (cursor.next()) {
    const { opcode, values } = cursor;
    if ((opcode === localSet || opcode === localTee) && values[0] === local) found = constant;
    constant = numeric.some((one) => one.constant === opcode) ? values[0] : undefined;
  }
  return found;
}
