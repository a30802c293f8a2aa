/**
 * What one channel may take of a device's disk. Its flash budget: at most `flashBytesPerHourMin`, or its quota where that is more,
 * of messages in an hour, and a synchronisation every few seconds while there is something new.
 */

/** Of one channel. A file system gives room in blocks, so a file counts as so many whole ones. */
export const blockBytes = 4_096;
export const segmentsMax = 64;
export const segmentBytesMax = 2 ** 20;
/** A channel's files are this many at least when it is full: what is dropped for newer messages is a part of it. */
export const segmentsOfQuota = 8;

/** A larger one is not taken, whatever the channel's quota. */
export const messageBytesMax = 2 ** 18;
/** A message is at most this part of its channel's quota, so that there is always room beside the newest segment. */
export const messagesOfQuota = 4;

/** What a channel may write on average, where its quota is not more; as much at once as its quota. */
export const flashBytesPerHourMin = 4 * 2 ** 20;
