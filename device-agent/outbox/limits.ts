/** What the outbox may take of a device and of its links. */

/** What was taken is made durable, and looked at for sending, this often: what a power cut takes at most. */
export const gatherMs = 5_000;

/** Messages of one batch. */
export const batchMessagesMax = 512;
export const batchBytesMax = 32 * 1024;
/** Of the agent's own channel: the shore keeps no more of them at once. */
export const ownMessagesMax = 64;

/** While nothing can be sent, what waits is looked at this often, for its age. */
export const seldomMs = 10 * 60_000;

/** For each part that was sent, before the next batch: the shore takes ten messages of all kinds in a second. */
export const partMs = 150;

/** How long the shore's word is waited for at first; twice as long after each time that none came. */
export const answerMsMin = 30_000;
export const answerMsMax = 30 * 60_000;
/** The answer to a batch comes no longer than that after the one to something that was said later: the shore makes the batch durable first. */
export const behindMs = 5_000;
/** Between two batches while an update is fetched: it goes first. */
export const besideUpdateMs = 30_000;
/** How long the shore may ask to wait. */
export const waitMsMax = 60 * 60_000;

/** Channels of applications that are gone are looked for this often. */
export const collectMs = 60 * 60_000;

/** Applications and channels of which files are looked at. */
export const channelsMax = 512;
