/** Ceilings of the Device Shadow protocol, as AWS documents them. Every one of them is answered with a code, never with silence. */

/** Of the desired and reported state together, as compact JSON; metadata does not count. */
export const stateBytesMax = 8192;

/** Of one request, before it is parsed: a state document, its envelope and room for white space. */
export const requestBytesMax = 16_384;

/** Levels of nesting below `desired` or `reported`. */
export const depthMax = 8;

/** Of a client token in UTF-8. */
export const clientTokenBytesMax = 64;
