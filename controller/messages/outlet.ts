/** A way out for what devices' applications say to the shore. */
import type { ShoreMessage } from './message.ts';

/** Where messages come out: files, MQTT topics, a webhook. */
export interface Outlet {
  readonly name: string;
  /** Whether it is for this channel. */
  takes(application: string, channel: string): boolean;
  /**
   * Resolves when it has these messages of one channel, in their order, and they are safe there; rejects with an `OutletError`
   * when it does not, or not all: then they are offered again, with the same ids.
   */
  give(messages: readonly ShoreMessage[]): Promise<void>;
}

/** Why an outlet did not take something. `code` decides, the message is for people. */
export class OutletError extends Error {
  readonly code: string;
  /** It does not take this; what others say it may. */
  readonly isAboutContent: boolean;
  constructor(code: string, detail: string, isAboutContent = false) {
    super(detail);
    this.name = 'OutletError';
    this.code = code;
    this.isAboutContent = isAboutContent;
  }
}

/** `APPLICATION/CHANNEL`, either of them `*` for all. */
export type ChannelPattern = string;

/** Whether one of the patterns names the channel; without patterns every one is named. */
export function isNamed(
  patterns: readonly ChannelPattern[] | undefined,
  application: string,
  channel: string,
): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => {
    const [ofApplication, ofChannel] = pattern.split('/');
    return (ofApplication === '*' || ofApplication === application) && (ofChannel === '*' || ofChannel === channel);
  });
}
