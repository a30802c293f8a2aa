import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { type SectionContents, writeBinary } from '../../../artifact/wasm/write/module.ts';

const payload = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter();
  write(writer);
  return writer.contents();
};

const vector = (...entries: number[][]): Uint8Array =>
  payload((writer) => {
    writer.u32(entries.length);
    for (const entry of entries) writer.raw(Uint8Array.from(entry));
  });

/**
 * A module with one of everything, around one function body with a local: types 0 function, 1 struct, 2 array of
 * bytes, 3 array of references, 4 signature of the tag, 5 struct of a byte; function 0, table 0, memory 0, tag 0, global 0, passive
 * segments 0.
 */
export function moduleAround(instructions: readonly number[], shared = false): Uint8Array {
  const body = [1, 1, 0x7f, ...instructions, 0x0b];
  const sections: SectionContents[] = [
    {
      id: 1,
      payload: vector(
        [0x60, 0, 0],
        [0x5f, 1, 0x7f, 1],
        [0x5e, 0x78, 1],
        [0x5e, 0x70, 1],
        [0x60, 1, 0x7f, 0],
        [0x5f, 1, 0x78, 1],
      ),
    },
    { id: 3, payload: vector([0]) },
    { id: 4, payload: vector([0x70, 0, 1]) },
    { id: 5, payload: vector(shared ? [3, 1, 1] : [0, 1]) },
    { id: 13, payload: vector([0, 4]) },
    { id: 6, payload: vector([0x7f, 1, 0x41, 0, 0x0b]) },
    { id: 7, payload: vector([1, 0x66, 0, 0]) },
    { id: 9, payload: vector([1, 0, 1, 0]) },
    { id: 12, payload: Uint8Array.of(1) },
    { id: 10, payload: vector([...unsigned(body.length), ...body]) },
    { id: 11, payload: vector([1, 2, 0xaa, 0xbb]) },
  ];
  return writeBinary('module', sections);
}

/** The bytes of an unsigned LEB128. */
export function unsigned(value: number): number[] {
  return [...payload((writer) => writer.u32(value))];
}
