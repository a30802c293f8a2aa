/** Descriptors that all instances of one application may have open in one grant. */
export const openMax = 64;
