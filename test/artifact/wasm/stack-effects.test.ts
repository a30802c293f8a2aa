import test from 'ava';
import { BodyMeter } from '../../../artifact/admission/body-meter.ts';
import { ModuleTypes } from '../../../artifact/admission/module-types.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { layout, layoutOfOpcode, opcodeName, opcodeSpace } from '../../../artifact/wasm/opcodes.ts';
import { stackEffects } from '../../../artifact/wasm/stack-effects.ts';
import { codeOf, immediatesFor } from './opcode-samples.ts';
import { moduleAround } from './sample-modules.ts';

// One operand of each type that V8 tells apart: i32, i64, f32, f64, v128, a function.
const operands = [
  [0x41, 0],
  [0x42, 0],
  [0x43, 0, 0, 0, 0],
  [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  [0xfd, 12, ...new Array<number>(16).fill(0)],
  [0xd0, 0x70],
];

function tuples(length: number): number[][][] {
  if (length === 0) return [[]];
  return tuples(length - 1).flatMap((rest) => operands.map((operand) => [operand, ...rest]));
}

const taken = [0, 1, 2, 3].flatMap(tuples);
const isValid = (body: number[]): boolean =>
  WebAssembly.validate(moduleAround(body)) || WebAssembly.validate(moduleAround(body, true));

/** By how many values V8 says that an instruction makes the stack higher; undefined where none of our operands fit. */
function effectByEngine(instruction: readonly number[]): number | undefined {
  for (const values of taken) {
    for (const left of [0, 1]) {
      const drops = new Array<number>(left).fill(0x1a);
      if (isValid([...values.flat(), ...instruction, ...drops])) return left - values.length;
    }
  }
  return undefined;
}

const isPlain = (opcode: number): boolean =>
  opcode > 0x19 && ![255, layout.catches, layout.label, layout['type,count']].includes(layoutOfOpcode[opcode]!);

test('every instruction on numbers, memories and tables moves the stack as V8 says', (t) => {
  const judged = Array.from({ length: opcodeSpace }, (_, opcode) => opcode).filter(isPlain);
  let known = 0;
  for (const opcode of judged) {
    const expected = effectByEngine([...codeOf(opcode), ...immediatesFor(opcode)]);
    if (expected === undefined) continue;
    known++;
    t.is(stackEffects[opcode], expected, opcodeName(opcode));
  }
  t.true(known > 430, `${known}`);
});

const heightAfter = (instructions: readonly number[]): number => {
  const bytes = Uint8Array.from([0, ...instructions]);
  const types = new ModuleTypes();
  const word = { code: 0x7f } as const;
  types.addGroup({
    explicit: false,
    types: [{ form: 'short', supers: [], composite: { kind: 'function', params: [word, word], results: [word] } }],
  });
  types.addFunction(0);
  const meter = new BodyMeter(bytes, wasmLimits, 100, types);
  meter.measure({ start: 0, end: bytes.length, sizeWidth: 1 }, -1);
  return meter.height;
};

test('blocks, calls and jumps leave the stack as high as validation has it', (t) => {
  const one = [0x41, 0];
  t.is(heightAfter([...one, ...one, ...one, 0x10, 0]), 2, 'call');
  t.is(heightAfter([...one, ...one, ...one, 0x11, 0, 0]), 1, 'call_indirect');
  t.is(heightAfter([...one, 0x02, 0x7f, ...one, ...one, 0x0c, 0, 0x0b]), 2, 'a block with a result that is left');
  t.is(heightAfter([...one, ...one, 0x03, 0, ...one, 0x0b]), 1, 'a loop with parameters');
  t.is(heightAfter([...one, ...one, 0x04, 0x40, ...one, 0x0c, 0, 0x05, 0x00, 0x0b]), 1, 'both arms of an if');
  t.is(heightAfter([...one, 0x0f, 0x1a, 0x1a, ...one]), 1, 'values that nobody put there');
});
