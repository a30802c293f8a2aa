/**
 * Of several addresses of a name the next is tried after this, and the one before given up: over a satellite the first packet
 * alone takes a second. Node's own patience is a quarter of one.
 */
export const addressMsMax = 10_000;
