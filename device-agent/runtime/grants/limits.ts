/** Keys of one application. */
export const keysMax = 10_000;

/** Connections to other machines that all instances of one application may have at once. */
export const connectionsMax = 16;
