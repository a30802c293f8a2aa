/** Ceilings of a condition. There is no loop in one, so its parts are also the steps that judging it takes at most. */

/** Operators, names and literals. */
export const partsMax = 100;

/** Of what is compared with, in one list. */
export const listMax = 32;

/** How deep parentheses, calls and lists nest. */
export const depthMax = 24;

export const callArgumentsMax = 2;
