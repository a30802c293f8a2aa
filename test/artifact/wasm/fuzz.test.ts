import test from 'ava';
import fc from 'fast-check';
import { judgeModule } from '../../../artifact/admission/judge-module.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { readContents } from '../../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, program } from './assemblyscript.ts';
import { moduleAround } from './sample-modules.ts';

function readAll(bytes: Uint8Array): Uint8Array {
  const binary = readBinary(bytes, wasmLimits);
  const { bodies } = readContents(binary, wasmLimits);
  const cursor = new InstructionCursor(bytes, wasmLimits);
  for (const body of bodies) {
    const reader = new ByteReader(bytes, body.start, body.end, wasmLimits);
    readLocals(reader);
    cursor.seek(reader.at, body.end);
    while (cursor.next());
  }
  judgeModule(bytes);
  return writeBinary(
    binary.kind,
    binary.sections.map(({ id, payload, end, sizeWidth }) => ({
      id,
      payload: bytes.subarray(payload, end),
      sizeWidth,
    })),
  );
}

const edit = fc.record({
  place: fc.double({ min: 0, max: 0.9999, noNaN: true }),
  byte: fc.integer({ min: 0, max: 255 }),
  kind: fc.integer({ min: 0, max: 2 }),
});

function edited(bytes: Uint8Array, edits: readonly { place: number; byte: number; kind: number }[]): Uint8Array {
  const copy = [...bytes];
  for (const { place, byte, kind } of edits) {
    const at = Math.floor(place * copy.length);
    copy.splice(at, kind === 1 ? 0 : 1, ...(kind === 2 ? [] : [byte]));
  }
  return Uint8Array.from(copy);
}

test('what V8 accepts is read and written back, what is refused has a code and an offset', async (t) => {
  const vectors = [0xfd, 0x0c, ...new Array(16).fill(7), 0xfd, 0x0c, ...new Array(16).fill(1), 0xfd, 0x80, 2, 0x1a];
  const bases = [
    await compileAssemblyScript(program, '--optimize'),
    await compileAssemblyScript('export const add = (a: i32, b: i32): i32 => a + b;', '--runtime', 'stub'),
    moduleAround(vectors),
    moduleAround([0x1f, 0x40, 1, 2, 0, 0x0b, 0x41, 5, 0x1a]),
  ];
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...bases), fc.array(edit, { maxLength: 3 }), (base, edits) => {
      const bytes = edited(base, edits);
      const valid = WebAssembly.validate(bytes);
      try {
        const written = readAll(bytes);
        if (Buffer.compare(written, bytes) !== 0) return false;
        if (valid) accepted++;
        return true;
      } catch (error) {
        return !valid && error instanceof WasmError && error.offset >= 0 && error.offset <= bytes.length;
      }
    }),
    { numRuns: 3000 },
  );
  t.true(accepted > 100, 'the run must have seen valid modules');
});
