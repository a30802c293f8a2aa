/** Requests of programs of the same machine, and what they are answered. */

/** A request; `url` is path and query. */
export interface LocalRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly address: string;
}

/** What is answered. */
export interface LocalResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}
