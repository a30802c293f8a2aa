/**
 * A `text[]` as PostgreSQL takes it in binary: JSON in the text form would have every quote escaped, and read again.
 *
 *     dimensions 1 | nulls 0 | element type | count | first index 1 | (bytes, text)*        all int32, big-endian
 */

const headerBytes = 5 * 4;
const textTypeOid = 25;

/** Throws on what is no text. */
export function textArray(texts: readonly string[]): Uint8Array {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const array = Buffer.allocUnsafe(headerBytes + lengths.reduce((sum, length) => sum + 4 + length, 0));
  let offset = 0;
  for (const word of [1, 0, textTypeOid, texts.length, 1]) offset = array.writeInt32BE(word, offset);
  texts.forEach((text, index) => {
    offset = array.writeInt32BE(lengths[index]!, offset);
    offset += array.write(text, offset);
  });
  return array;
}
