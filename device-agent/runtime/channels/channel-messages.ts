/** What hosts and their supervisor say of messages that go from one process to another; `data` is base64. */
import type { ChannelTerms } from './channel-hub.ts';

/** A host's applications wrote something that others read elsewhere. */
export interface MessageAbroad {
  readonly kind: 'message';
  /** Names it until the answer. */
  readonly id: number;
  readonly application: string;
  readonly channel: string;
  readonly data: string;
}

/** A message for those that read the channel in this process. */
export interface MessageHere {
  readonly kind: 'message';
  readonly id: number;
  readonly channel: string;
  readonly terms: ChannelTerms;
  readonly data: string;
}

/** A host's readers took a message. */
export interface Took {
  readonly kind: 'took';
  readonly id: number;
}

/** All that were to take a message took it, or are gone. */
export interface Sent {
  readonly kind: 'sent';
  readonly id: number;
  /** One was gone before it took it. */
  readonly isLost?: true;
}

/** Characters of the largest message. */
export const dataMax = Math.ceil(262_144 / 3) * 4;
