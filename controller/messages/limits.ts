/** What the messages of devices may take of the shore. */

/** Of messages that outlets are being given, all devices together; a device that comes then is asked to wait. */
export const bytesUnderWayMax = 64 * 2 ** 20;
/** Devices of which a part of the logbook is being written down; others are asked to wait. */
export const logbooksUnderWayMax = 200;
/** Channels that are remembered as held, with what outlets have of them. */
export const heldChannelsMax = 20_000;

/** How long a device keeps what an outlet did not take: at first, and at most after it failed again and again. */
export const waitSecondsMin = 30;
export const waitSecondsMax = 15 * 60;
/** Where the shore has too much to do, or can't write down what it has. */
export const busySeconds = 20;
/** Where no outlet is for the channel: until somebody configures one. */
export const noOutletSeconds = 60 * 60;

/** An outlet that failed is left alone for this long at first, and twice as long after each failure. */
export const pauseMsMin = 1_000;
export const pauseMsMax = 60_000;
/** What an outlet may take to answer, what waits before it included. */
export const giveMsMax = 20_000;

/** Calls of a webhook at once, and what one may take. */
export const callsAtOnceMax = 8;
export const callMsMax = 10_000;
