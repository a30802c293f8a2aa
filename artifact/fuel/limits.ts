/** What a module may grow to; the maxima of its memories and tables are rewritten to stay within, all together. */
export interface GrowthLimits {
  /** Pages of 64 KiB, over all memories. */
  readonly memoryPagesMax: number;
  /** Over all tables. */
  readonly tableElementsMax: number;
}

/** How conditional code is charged; part of what fuel means, so a change is a new rewriter version. */
export const chargeRules = {
  /** A conditional segment of at most this cost may be paid where the code before it is. */
  shortSegment: 100,
  /** At most so much conditional code is paid at one place, on the dearest way, before it is known to run. */
  conditionalMax: 300,
  /** A function of at most this cost, with all that it calls, may be called by a reference without paying for itself. */
  leafMax: 32,
  /** A function that may do at most so much before fuel is looked at elsewhere does not look itself: some microseconds. */
  uncheckedMax: 10_000,
} as const;

/** Bytes of one unit of fuel in bulk operations on memory, as a power of two. */
export const bulkBytesLog2 = 3;

/** What a call frame takes besides its values: return address, instance, saved registers, spilled temporaries. */
export const frameBytesBase = 128;
/** A larger frame is refused: it would overrun the stack before any count could stop it. */
export const frameBytesMax = 256 * 1024;

/** A function that costs more has better things to do than to save on its calls. */
export const threadedCostMax = 400;
/** With fuel and stack among them, a function has no more parameters than the engine takes. */
export const threadedLocalsMax = 998;

/** Of a loop whose round costs more, the engine unrolls nothing. */
export const reenteredCostMax = 100;

/** Into a function of more bytes the engine inlines hardly anything, however short and hot what is called. */
export const inlinedIntoBytesMax = 900;
