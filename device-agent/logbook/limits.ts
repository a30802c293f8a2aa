/**
 * What the logbook may take of a device. Its flash budget: at most so many entries of a kind at once, and so many more in an hour, each
 * an append of about 150 bytes that is made durable with what came within five seconds of it: one block and what the file system
 * writes with it.
 */

/** On the disk; about 1,000 entries. When it is full the oldest eighth goes, and the shore is told how many. */
export const quotaBytes = 128 * 1024;
/** Older ones go too. */
export const maxAgeSeconds = 365 * 86_400;

/**
 * Entries of one code that may come at once, and how many more in an hour; those beyond are counted in the next. Starts of the agent
 * together are held to the same, over all its lives: a start that is one too many has nothing written down in its first hour.
 */
export const entriesAtOnce = 16;
export const entriesPerHour = 2;

/** The device writes down that it is alive this often: how long it was off is known by it. 28 bytes, written over in place. */
export const beatMs = 60 * 60_000;

/** A connection that is back within this time was not lost: that a controller was started anew is no news of all its devices. */
export const awayMs = 5 * 60_000;

/** A clock that is this far from where it would be if nobody had touched it was set, or the machine slept. */
export const jumpMs = 30_000;
