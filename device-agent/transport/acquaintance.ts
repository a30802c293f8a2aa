/** What a device and its shore know of each other: a session goes on where the one before ended, with what was wanted even where the agent was started anew. */
export interface Acquaintance {
  /** Whether the shadow service reads brief reports, as it said last. */
  isBrief: boolean;
  /** Whether the shore notices the end of a connection without reports. */
  isFollowed: boolean;
  /** Whether the shore fills parcels that are ordered over a session. */
  fillsParcels: boolean;
  /** What it wanted last. */
  desired?: object;
}

/** That of an agent that was not connected yet. */
export function stranger(): Acquaintance {
  return { isBrief: false, isFollowed: false, fillsParcels: false };
}
