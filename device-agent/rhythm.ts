/** How often a device says something that nobody asked for, where its configuration does not say otherwise. */

/**
 * Seconds between two reports in which nothing changed: where nobody but the device tells the shore that it is there, and where the end
 * of its connection is noticed.
 */
export const reportSecondsUsual = { untold: 900, followed: 7200 } as const;

/** Seconds of silence after which an idle connection says that it is there. */
export const keepAliveSecondsUsual = 1200;

/** Seconds between two questions for news over HTTPS. */
export const pollSecondsUsual = 21_600;

/** The first pause between two of them where a session is missing: what just began may soon be over, or somebody is at work. */
export const withoutBrokerFirstMs = 5 * 60_000;
