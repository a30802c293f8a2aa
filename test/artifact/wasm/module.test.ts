import test from 'ava';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { readContents } from '../../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, program } from './assemblyscript.ts';
import { moduleAround } from './sample-modules.ts';

function writtenBack(bytes: Uint8Array): Uint8Array {
  const { kind, sections } = readBinary(bytes, wasmLimits);
  return writeBinary(
    kind,
    sections.map(({ id, payload, end, sizeWidth }) => ({ id, payload: bytes.subarray(payload, end), sizeWidth })),
  );
}

test('a compiled program is written back byte for byte', async (t) => {
  const bytes = await compileAssemblyScript(program, '--debug');
  t.deepEqual(writtenBack(bytes), bytes);
});

test('padded lengths are written back padded', (t) => {
  const bytes = writeBinary('module', [
    { id: 0, payload: Uint8Array.of(1, 0x61, 9), sizeWidth: 5 },
    { id: 1, payload: Uint8Array.of(0x80, 0x00), sizeWidth: 3 },
  ]);
  t.true(WebAssembly.validate(bytes));
  t.is(bytes.length, 8 + 6 + 3 + 4 + 2);
  t.deepEqual(writtenBack(bytes), bytes);
});

test('the instructions of a body cover it without a gap', async (t) => {
  const bytes = await compileAssemblyScript(program);
  const { bodies } = readContents(readBinary(bytes, wasmLimits), wasmLimits);
  const cursor = new InstructionCursor(bytes, wasmLimits);
  t.true(bodies.length > 20);
  for (const body of bodies) {
    const reader = new ByteReader(bytes, body.start, body.end, wasmLimits);
    readLocals(reader);
    cursor.seek(reader.at, body.end);
    let at = reader.at;
    while (cursor.next()) {
      t.is(cursor.start, at);
      t.true(cursor.count === 0 || cursor.starts[cursor.count] === cursor.end);
      at = cursor.end;
    }
    t.is(at, body.end);
  }
});

test('a component keeps its nested modules as opaque sections', (t) => {
  const inner = moduleAround([]);
  const component = writeBinary('component', [
    { id: 1, payload: inner },
    { id: 0, payload: Uint8Array.of(1, 0x61, 1, 2, 3), sizeWidth: 2 },
  ]);
  const binary = readBinary(component, wasmLimits);
  t.is(binary.kind, 'component');
  t.deepEqual(component.subarray(binary.sections[0]!.payload, binary.sections[0]!.end), inner);
  t.deepEqual(writtenBack(component), component);
});

const refusals: readonly [string, readonly number[], Partial<WasmError>][] = [
  ['an empty file', [], { code: 'not-wasm', offset: 0 }],
  ['another file', [0x7f, 0x45, 0x4c, 0x46], { code: 'not-wasm', offset: 0 }],
  ['a later version', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], { code: 'unsupported-version', offset: 4 }],
  ['a cut preamble', [0, 0x61, 0x73, 0x6d, 1], { code: 'truncated', offset: 5 }],
  ['a section past the end', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 0], { code: 'truncated', offset: 10 }],
  ['an unknown section', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 0], { code: 'bad-section', offset: 8 }],
  ['sections out of order', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 3, 1, 0, 1, 1, 0], { code: 'section-order', offset: 11 }],
];

for (const [what, bytes, expected] of refusals) {
  test(`${what} is refused with code and offset`, (t) => {
    const error = t.throws(() => readBinary(Uint8Array.from(bytes), wasmLimits), { instanceOf: WasmError });
    t.like(error, expected);
    t.false(WebAssembly.validate(Uint8Array.from(bytes)));
  });
}

test('a count that announces more than there is allocates nothing', (t) => {
  const writer = new ByteWriter();
  writer.u32(0xffffffff);
  const bytes = writeBinary('module', [{ id: 1, payload: writer.contents() }]);
  const error = t.throws(() => readContents(readBinary(bytes, wasmLimits), wasmLimits), { instanceOf: WasmError });
  t.is(error.code, 'too-large');
});
