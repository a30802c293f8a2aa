/** Descriptors that all instances of one application may have open in one grant. */
export const openMax = 64;

/** Keys of one application. */
export const keysMax = 10_000;

/** Connections to other machines that all instances of one application may have at once. */
export const connectionsMax = 16;
