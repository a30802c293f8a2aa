/**
 * Values as texts that lie one after the other, `[[LENGTH, …], PIECE, AT, BYTES]`: a text as it is, anything else as JSON, of which
 * the length is told below 0. To make JSON of a text, or to read it, would cost more than all else that is done with it.
 */
import type { PieceReader, PieceWriter, TextPlace } from './pieces.ts';

/** How long each text is, in characters, and where all of them lie. */
export type ColumnPlace = readonly [lengths: readonly number[], ...TextPlace];

/** Texts that are put together. */
const textsPerPart = 64;

function* partsOf(texts: readonly string[]): Generator<string> {
  for (let at = 0; at < texts.length; at += textsPerPart) yield texts.slice(at, at + textsPerPart).join('');
}

/** Writes values that JSON gives back as they were. */
export function writeColumn(values: readonly unknown[], writer: PieceWriter): ColumnPlace {
  const lengths: number[] = [];
  const texts = values.map((value) => {
    // What is not well-formed would not come back out of bytes.
    const isText = typeof value === 'string' && value.isWellFormed();
    const text = isText ? value : JSON.stringify(value);
    lengths.push(isText ? text.length : -text.length);
    return text;
  });
  return [lengths, ...writer.add(partsOf(texts))];
}

/** The value of each row, read when it is asked for. */
export function openColumn([lengths, ...place]: ColumnPlace, reader: PieceReader): (row: number) => unknown {
  const text = reader.get(place);
  const starts = new Uint32Array(lengths.length + 1);
  for (const [row, length] of lengths.entries()) starts[row + 1] = starts[row]! + Math.abs(length);
  return (row) => {
    const part = text.slice(starts[row], starts[row + 1]);
    return lengths[row]! < 0 ? JSON.parse(part) : part;
  };
}
