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
  readonly flow: Flow;
  readonly constructs: Constructs;
  /** Where its edits stand in the log: the first, and behind the last. */
  readonly edits: { readonly from: number; readonly to: number };
  /** Functions that are called by their index, each with the segment and the construct that do it. */
  readonly calls: { readonly callee: number[]; readonly segment: number[]; readonly construct: number[] };
  /** Functions whose reference is taken. */
  readonly references: readonly number[];
  readonly callsIndirectly: boolean;
  readonly hasLoop: boolean;
  readonly hasHandler: boolean;
  /** It works on as many items as it says, or asks for memory: both call what has to do with fuel. */
  readonly hasBulk: boolean;
  readonly throwsOrTailCalls: boolean;
  /** At most, by the values that it holds. */
  readonly frameBytes: number;
}

/** Segments, as columns over their numbers. */
export interface Segments {
  readonly cost: number[];
  readonly construct: number[];
  /** `noSegment` for entries and loop headers, which nothing before them can pay. */
  readonly parent: number[];
}

/**
 * Points at which segments start, or go on behind a construct, in their order, as columns over their numbers: each with
 * the points from which control comes to it in the same round of the same loop.
 */
export interface Flow {
  readonly segment: number[];
  /** Where in `from` its points begin; they end where those of the next one begin. */
  readonly first: number[];
  readonly from: number[];
}

/** No segment: a parent that isn't there, or code that never runs. */
export const noSegment = -1;

/** Constructs, as columns over their numbers. */
export interface Constructs {
  readonly parent: number[];
  readonly isLoop: boolean[];
  /** Whether an exception or a tail call may leave it. */
  readonly escapes: boolean[];
  /** How many of its own instructions may see or change the fuel, those of constructs inside aside. */
  readonly observers: number[];
  /** How many values a branch to it carries. */
  readonly labelArity: number[];
  /** Whether an exception may continue at its label. */
  readonly catches: boolean[];
}
