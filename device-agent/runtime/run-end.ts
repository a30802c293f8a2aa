/** How a run of a guest ended, as supervisor and app host speak of it. */
/** How one run ended. */
export type RunEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** `stack` holds the guest's functions, innermost first. */
  | {
      readonly kind: 'trapped';
      readonly message: string;
      readonly stack: readonly string[];
      /** It had used up its memory. */
      readonly isOutOfMemory?: true;
    }
  /** It is not run at all, nor will it be at the next try. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It used up what it may use. */
  | { readonly kind: 'exhausted'; readonly message: string };

/** The end of one that was to go on from the state of the release before it. */
export function notTakenOver(reason: string): RunEnd {
  return { kind: 'trapped', message: `it did not take over the state of the release before it: ${reason}`, stack: [] };
}

/** One sentence on an end that was a failure; undefined when it was none. */
export function failureOf(end: RunEnd): string | undefined {
  if (end.kind === 'exited') return end.exitCode === 0 ? undefined : `it exited with code ${end.exitCode}`;
  if (end.kind !== 'trapped' || end.stack.length === 0) return end.message;
  return `${end.message} in ${end.stack.slice(0, 3).join(' < ')}`;
}
