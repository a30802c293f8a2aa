/** Metadata as it travels: what is spread over lines in git for people is one line for devices; signatures stay valid. */
export function travellingForm(bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(JSON.parse(new TextDecoder().decode(bytes))));
}
