/** What came of a part of a batch that a device sent. */
export type PartOutcome =
  /** `answer` is to be said to the device of the batch, once all of it is there. */
  | { readonly kind: 'heard'; readonly answer?: Uint8Array }
  /** It was not read: the device sent too many lately. */
  | { readonly kind: 'too-many'; readonly seconds: number };

/** Takes a part from a device that git names. */
export type TakePart = (device: string, part: Uint8Array) => Promise<PartOutcome>;
