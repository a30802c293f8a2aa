/** What the body of a request comes to as JSON; undefined where it is none. */
export function parseJson(body: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body ?? new Uint8Array()));
  } catch {
    return undefined;
  }
}
