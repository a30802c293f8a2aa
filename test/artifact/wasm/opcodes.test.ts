import test from 'ava';
import { immediate } from '../../../artifact/wasm/immediates.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { layoutOfOpcode, opcodeName, opcodeSpace } from '../../../artifact/wasm/opcodes.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { codeOf, immediatesFor } from './opcode-samples.ts';
import { moduleAround } from './sample-modules.ts';

const unreachable = 0x00;
// A code that only makes sense next to another one.
const openers: Readonly<Record<string, number[]>> = {
  else: [unreachable, 0x04, 0x40],
  catch: [0x06, 0x40, unreachable],
  catch_all: [0x06, 0x40, unreachable],
  rethrow: [0x06, 0x40, 0x19],
  delegate: [0x06, 0x40],
  br_on_cast: [0x02, 0x6e],
  br_on_cast_fail: [0x02, 0x6e],
};
const blocks = new Set([
  'br_on_cast',
  'br_on_cast_fail',
  'block',
  'loop',
  'if',
  'else',
  'try',
  'try_table',
  'catch',
  'catch_all',
  'rethrow',
]);

function bodyWith(opcode: number): number[] {
  const name = opcodeName(opcode);
  if (name === 'end') return [0x02, 0x40, 0x0b];
  const instruction = [...codeOf(opcode), ...immediatesFor(opcode)];
  const after = blocks.has(name) ? [unreachable, 0x0b, unreachable] : [];
  // Under an instruction that cannot be reached, any operand types fit.
  return [...(openers[name] ?? []), unreachable, ...instruction, unreachable, ...after];
}

const known = Array.from({ length: opcodeSpace }, (_, opcode) => opcode).filter((code) => layoutOfOpcode[code] !== 255);
// V8 holds these back behind a flag.
const flagged = /^i64\.(add128|sub128|mul_wide_[su])$/;

test('each opcode of the table is read as V8 reads it', (t) => {
  const refused = known.filter((opcode) => {
    const body = bodyWith(opcode);
    return !WebAssembly.validate(moduleAround(body)) && !WebAssembly.validate(moduleAround(body, true));
  });
  t.deepEqual(
    refused.map(opcodeName).filter((name) => !flagged.test(name)),
    [],
  );
});

test('each instruction of the table ends where its immediates end', (t) => {
  for (const opcode of known) {
    const bytes = Uint8Array.from([...codeOf(opcode), ...immediatesFor(opcode)]);
    const cursor = new InstructionCursor(bytes, wasmLimits);
    cursor.seek(0, bytes.length);
    t.true(cursor.next(), opcodeName(opcode));
    t.is(cursor.opcode, opcode);
    t.is(cursor.end, bytes.length, opcodeName(opcode));
    t.false(cursor.next());
  }
});

test('V8 accepts no opcode that the table lacks', (t) => {
  for (let opcode = 0; opcode < opcodeSpace; opcode++) {
    if (layoutOfOpcode[opcode] !== 255 || (opcode >= 0xfb && opcode < 0x100) || opcode >= 0x600) continue;
    for (const immediates of [[], [0], [0, 0], [0x6e]]) {
      const body = [unreachable, ...codeOf(opcode), ...immediates, unreachable];
      t.false(WebAssembly.validate(moduleAround(body)), `0x${opcode.toString(16)}`);
    }
  }
});

test('immediates that are cut off are refused where the bytes end', (t) => {
  for (const opcode of known) {
    const bytes = Uint8Array.from([...codeOf(opcode), ...immediatesFor(opcode)]);
    for (let length = 1; length < bytes.length; length++) {
      const cursor = new InstructionCursor(bytes, wasmLimits);
      cursor.seek(0, length);
      t.throws(() => cursor.next(), { name: 'WasmError' }, `${opcodeName(opcode)} cut to ${length}`);
    }
  }
});

test('a catch clause names a tag only where its kind has one', (t) => {
  const clauses = [3, 0, 0, 0, 2, 1, 3, 2];
  const bytes = Uint8Array.of(0x1f, 0x40, ...clauses);
  const cursor = new InstructionCursor(bytes, wasmLimits);
  cursor.seek(0, bytes.length);
  t.true(cursor.next());
  t.is(cursor.end, bytes.length);
  const { blockType, count, flags, tag, label } = immediate;
  const expected = [blockType, count, flags, tag, label, flags, label, flags, label];
  t.deepEqual([...cursor.kinds.subarray(0, cursor.count)], expected);
});
