import test from 'ava';
import fc from 'fast-check';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { ownFunctions } from '../../../artifact/fuel/injected.ts';
import { MeteredSize } from '../../../artifact/fuel/metered-size.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { readContents } from '../../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { commandAround } from '../admission/commands.ts';
import { moduleOf, programs } from './arbitrary-programs.ts';
import { roomy } from './metered-run.ts';

const bodiesOf = (bytes: Uint8Array) => readContents(readBinary(bytes, wasmLimits), wasmLimits).bodies;

/** For every body how long it may become, by counting, and how long it is, metered. */
function sizes(bytes: Uint8Array): { readonly atMost: number; readonly metered: number }[] {
  const own = bodiesOf(bytes);
  const metered = bodiesOf(injectFuel(bytes, roomy));
  return own.map((body, number) => {
    const size = new MeteredSize();
    size.begin(body.end - body.start);
    const cursor = new InstructionCursor(bytes, wasmLimits);
    const reader = new ByteReader(bytes, body.start, body.end, wasmLimits);
    readLocals(reader);
    cursor.seek(reader.at, body.end);
    while (cursor.next()) size.instruction(cursor.opcode, cursor.count);
    const { start, end } = metered[ownFunctions + number]!;
    return { atMost: size.bytesMax, metered: end - start };
  });
}

const repeated = (count: number, ...bytes: number[]): number[] => new Array<number[]>(count).fill(bytes).flat();

test('a body is never longer with its meter than was counted, whatever it does how often', (t) => {
  const units: Readonly<Record<string, number[]>> = {
    loop: [0x03, 0x40, 0x0b],
    'loop that goes round': [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b],
    'loop that goes on': [0x02, 0x40, 0x03, 0x40, 0x41, 0, 0x0d, 1, 0x0b, 0x0b],
    call: [0x10, 0],
    if: [0x41, 0, 0x04, 0x40, 0x05, 0x0b],
    'return from a loop': [0x03, 0x40, 0x41, 0, 0x04, 0x40, 0x0f, 0x0b, 0x0b],
    'table of branches': [0x02, 0x40, 0x41, 0, 0x0e, 4, 0, 0, 0, 0, 0, 0x0b],
    fill: [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0],
    try: [0x06, 0x40, 0x10, 0, 0x19, 0x0b],
    'try in a loop': [0x03, 0x40, 0x06, 0x40, 0x10, 0, 0x19, 0x0b, 0x0b],
    'fill in a loop': [0x03, 0x40, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0, 0x0b],
    'loops that call': [0x03, 0x40, 0x10, 0, 0x0b],
  };
  for (const [what, unit] of Object.entries(units)) {
    for (const times of [1, 300, 5000]) {
      const [size] = sizes(commandAround({ body: repeated(times, ...unit) }));
      t.true(size!.metered <= size!.atMost, `${times} × ${what}: ${size!.metered} > ${size!.atMost}`);
    }
  }
});

test('a program made up by chance is never longer with its meter than was counted', (t) => {
  fc.assert(
    fc.property(programs, (program) =>
      sizes(moduleOf(program, true)).every(({ atMost, metered }) => metered <= atMost),
    ),
    { numRuns: 100 },
  );
  t.pass();
});
