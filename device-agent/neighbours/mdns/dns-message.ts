/** DNS messages as far as finding neighbours needs them (RFC 1035, RFC 6762): questions, and records of four types. */

/** Labels from the left: `['_fleet-agent', '_tcp', 'local']`. */
export type Name = readonly string[];

/** Types of records by their numbers. */
export const recordType = { a: 1, ptr: 12, txt: 16, srv: 33, any: 255 } as const;

/** Something that is asked. */
export interface Question {
  readonly name: Name;
  readonly type: number;
  /** Whether who asks would rather have the answer alone. */
  readonly isUnicast: boolean;
}

/** A record as it was read. */
export interface ReadRecord {
  readonly name: Name;
  readonly type: number;
  readonly ttlSeconds: number;
  /** Its data as they stand in the message. */
  readonly data: Uint8Array;
  /** Of a pointer to a name, that name. */
  readonly target?: Name;
}

/** A message as it was read. */
export interface ReadMessage {
  readonly id: number;
  readonly isAnswer: boolean;
  readonly questions: readonly Question[];
  /** Of all sections, in their order. */
  readonly records: readonly ReadRecord[];
}

/** Bytes before the sections of a message. */
export const headerBytes = 12;

/** Of a message: what a network passes in one packet. Longer ones are none for us. */
export const messageBytesMax = 1_472;

/** Of a name, with the lengths of its labels; of a label. */
export const nameBytesMax = 255;
export const labelBytesMax = 63;

/** In one message, together: more than any device of ours has to say. */
export const entriesMax = 48;

/** Names are the same in capitals and in small letters, as far as ASCII goes. */
export function isSameName(one: Name, other: Name): boolean {
  return one.length === other.length && one.every((label, at) => lower(label) === lower(other[at]!));
}

function lower(label: string): string {
  return label.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
