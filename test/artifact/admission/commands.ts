import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';

/** A command as the parts that a test is about; the rest is as small as it can be. */
export interface CommandShape {
  /** Types behind the one of `_start`. */
  readonly types?: readonly (readonly number[])[];
  readonly tags?: readonly (readonly number[])[];
  readonly tables?: readonly (readonly number[])[];
  readonly memory?: readonly number[];
  readonly globals?: readonly (readonly number[])[];
  /** Locals of `_start`, as written. */
  readonly locals?: readonly number[];
  readonly body?: readonly number[];
  /** How many functions there are, `_start` included. */
  readonly functions?: number;
}

const vector = (entries: readonly (readonly number[])[]): Uint8Array => {
  const writer = new ByteWriter();
  writer.u32(entries.length);
  for (const entry of entries) writer.raw(Uint8Array.from(entry));
  return writer.contents();
};

const sized = (bytes: readonly number[]): readonly number[] => {
  const writer = new ByteWriter();
  writer.u32(bytes.length);
  writer.raw(Uint8Array.from(bytes));
  return [...writer.contents()];
};

/** The bytes of a command. */
export function commandAround(shape: CommandShape): Uint8Array {
  const {
    types = [],
    tags = [],
    tables = [],
    globals = [],
    memory = [0, 1],
    locals = [0],
    body = [],
    functions = 1,
  } = shape;
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const start = sized([...locals, ...body, 0x0b]);
  return writeBinary('module', [
    { id: 1, payload: vector([[0x60, 0, 0], ...types]) },
    { id: 3, payload: vector(new Array(functions).fill([0])) },
    ...(tables.length === 0 ? [] : [{ id: 4, payload: vector(tables) }]),
    { id: 5, payload: vector([memory]) },
    ...(tags.length === 0 ? [] : [{ id: 13, payload: vector(tags) }]),
    ...(globals.length === 0 ? [] : [{ id: 6, payload: vector(globals) }]),
    {
      id: 7,
      payload: vector([
        [...name('_start'), 0, 0],
        [...name('memory'), 2, 0],
      ]),
    },
    { id: 10, payload: vector([start, ...new Array(functions - 1).fill([2, 0, 0x0b])]) },
  ]);
}
