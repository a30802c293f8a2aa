/** What a channel may keep until the shore has it. */
export interface OutboxTerms {
  readonly quotaBytes: number;
  readonly maxAgeSeconds: number;
  /** What gives way when it is full: the oldest messages, or the one that comes. */
  readonly drop: 'oldest' | 'newest';
}

/** Where what a channel has to say to the shore goes, in the process that runs its application. */
export interface OutboxPort {
  /**
   * Takes one message, whole. `taken`: it outlives this process at once, and a power cut within seconds. `full`: there was no
   * room for it under the channel's quota and policy, or on the disk; it is counted as dropped here, and nobody keeps it.
   */
  put(application: string, channel: string, terms: OutboxTerms, message: Uint8Array): 'taken' | 'full';
}
