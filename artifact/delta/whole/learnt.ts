import { mapSize } from './chances.ts';
import { kinds, selections } from './kinds.ts';

/** Most contexts of one symbol. */
export const contextsMax = 8;
/** Guesses at one symbol. */
export const guessCount = 2;
/** How good a guess has proved, as weights and counters tell it apart. */
export const grades = 8;
/** Inputs of a decision: contexts, guesses, and one that is always the same. */
export const inputsMax: number = contextsMax + guessCount + 1;
/** Numbers that a set of weights takes in the kernel, which has them four at a time. */
export const setSize = 12;
/** Decisions of one symbol that weights tell apart. */
export const depths = 8;

/** Weights and counters of a model: what it has learnt besides what it met in which context. */
export type Learnt = {
  /** Weights by kind of the symbol, how good the best guess is, and depth in the tree. */
  readonly byKind: Int32Array;
  /** Weights by what the caller selects. */
  readonly bySelection: Int32Array;
  /** Counters by kind, context, and what the slot of the context says. */
  readonly maps: Int32Array;
};

/** How many numbers each part has. */
export type LearntSizes = Readonly<Record<keyof Learnt, number>>;

/** The sizes of all. */
export const learntSizes: LearntSizes = {
  byKind: kinds * grades * depths * inputsMax,
  bySelection: selections * inputsMax,
  maps: kinds * contextsMax * mapSize,
};
