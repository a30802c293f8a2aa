/** Keys of one application. */
export const keysMax = 10_000;

/** Of one value: it is gathered in memory, and written in one go that holds up whoever shares the thread. */
export const valueBytesMax = 2 ** 20;

/** Connections to other machines that all instances of one application may have at once; so many lines and pipes of this one, too. */
export const connectionsMax = 16;

/** What one application may add to files of the machine while its process lives. */
export const machineGrowthBytesMax = 16 * 2 ** 20;
