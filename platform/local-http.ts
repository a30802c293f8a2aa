/** Requests of programs of the same machine, and what they are answered. */

/** A request whose head was read; `url` is path and query. */
export interface LocalRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What its body may come to at most, in bytes. */
  readonly bodyBytesMax: number;
  /** Reads the body; undefined where it is longer than a body may be. What nobody reads is never held. */
  readBody(): Promise<Uint8Array | undefined>;
  readonly address: string;
}

/** What is answered. */
export interface LocalResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}
