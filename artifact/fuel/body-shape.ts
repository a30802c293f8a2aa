import type { LocalRun } from '../wasm/module.ts';

/**
 * What a function's code looks like to the meter: found in one pass over its bytes, and all that is needed to write it anew.
 *
 * A segment is code that runs as a whole: entered at its start, left at its end or by a trap or an exception. A construct
 * in the middle of it, after which it surely goes on, is no part of it. `parent` is the segment that surely ran before it,
 * in the same round of the same loop. Constructs are the nested blocks, numbered as they open; the function is number 0.
 */
export interface BodyShape {
  readonly runs: readonly LocalRun[];
  /** How many locals there are, parameters among them. */
  readonly locals: number;
  /** Offset of the first instruction. */
  readonly start: number;
  readonly end: number;
  readonly segments: Segments;
  readonly constructs: Constructs;
  readonly edits: Edits;
  /** Functions that are called by their index, each with the segment that does it. */
  readonly calls: { readonly callee: number[]; readonly segment: number[] };
  /** Functions whose reference is taken. */
  readonly references: readonly number[];
  readonly callsIndirectly: boolean;
  readonly hasLoop: boolean;
  readonly hasHandler: boolean;
  readonly hasBulk: boolean;
  readonly throwsOrTailCalls: boolean;
  /** At most, by the values that it holds. */
  readonly frameBytes: number;
}

/** Segments, as columns over their numbers. */
export interface Segments {
  readonly cost: number[];
  /** `noSegment` for entries and loop headers, which nothing before them can pay. */
  readonly parent: number[];
}

/** No segment: a parent that isn't there, or code that never runs. */
export const noSegment = -1;

/** Constructs, as columns over their numbers. */
export interface Constructs {
  readonly parent: number[];
  readonly isLoop: boolean[];
  /** Whether something in it may see or change the fuel, or leave it by an exception. */
  readonly observes: boolean[];
  /** How many values a branch to it carries. */
  readonly labelArity: number[];
  /** Whether an exception may continue at its label. */
  readonly catches: boolean[];
}

/** Where the code is to be changed, in its order; `at` is an offset of the file, the rest goes by the kind. */
export interface Edits {
  readonly kind: number[];
  readonly at: number[];
  readonly first: number[];
  readonly second: number[];
  readonly third: number[];
}

/** Kinds of edits, and what their numbers are. */
export const edit = {
  /** A segment starts: its number, its construct. */
  segment: 0,
  /** A function index stands here: its end, the index. */
  function: 1,
  /** A global index stands here: its end, the index. */
  global: 2,
  /** A bulk operation with its length on top of the stack: whether it counts bytes, whether the length is 64-bit. */
  bulk: 3,
  /** A return: its end, its construct, how many labels are open around it. */
  return: 4,
  /** A call that doesn't come back. */
  tailCall: 5,
  /** A br_if: its end, its construct, the construct it goes to; the label is the number in its bytes. */
  branchIf: 6,
  /** Any other branch: its construct, the outermost construct it may go to. */
  branch: 7,
  /** A loop opens: its construct. */
  loop: 8,
  /** A loop has ended: its construct. */
  loopEnd: 9,
  /** An exception may continue here. */
  caught: 10,
  /** An instruction that would block the thread: its end. */
  wait: 11,
} as const;
