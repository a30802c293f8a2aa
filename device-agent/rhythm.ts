/** How often a device says something that nobody asked for, where its configuration does not say otherwise. */

/** Seconds between two reports in which nothing changed. */
export const reportSecondsUsual = 900;

/** Seconds of silence after which an idle connection says that it is there. */
export const keepAliveSecondsUsual = 1200;
