import test from 'ava';
import fc from 'fast-check';
import { FuelError } from '../../../artifact/fuel/error.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { damage, damaged } from '../delta/arbitrary-modules.ts';
import { compileAssemblyScript, program } from '../wasm/assemblyscript.ts';
import { moduleAround } from '../wasm/sample-modules.ts';
import { moduleOf, programs } from './arbitrary-programs.ts';
import { roomy } from './metered-run.ts';

const recursion = `
@external("env", "seen") declare function seen(value: i32): void;
export function sum(n: i32): i32 {
  let total = 0;
  for (let i = 0; i < n; i++) total += i & 1 ? sum(n - 1 - i) : i;
  if (n % 7 == 3) seen(total);
  return n < 2 ? total : total + sum(n - 1);
}`;

/** Instructions that need more than numbers: references, arrays, tables, exceptions, tail calls, atomics, vectors. */
const rich = [
  [0x41, 3, 0xfb, 7, 2, 0x1a],
  [0x41, 1, 0x41, 2, 0xfb, 8, 2, 2, 0x1a],
  [0xd2, 0, 0x14, 0],
  [0x41, 0, 0x11, 0, 0],
  [0x12, 0],
  [0x1f, 0x40, 1, 2, 0, 0x0b],
  [0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0, 0x0b, 0x41, 0, 0x0b, 0x1a],
  [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0],
  [0xd0, 0x70, 0x41, 0, 0xfc, 0x0f, 0, 0x1a],
  [0x41, 0, 0x41, 0, 0x42, 0, 0xfe, 1, 2, 0, 0x1a],
  [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x41, 1, 0x04, 0x40, 0x0f, 0x0b, 0x0b],
];

test('a call, an export or an element of a function that is not there ends in no error of ours', (t) => {
  const call = moduleAround([0x10, 9], true);
  t.throws(() => injectFuel(call, roomy), { instanceOf: WasmError, code: 'bad-kind' });
  const missing = [
    [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x61, 0, 9, 10, 4, 1, 2, 0, 0x0b],
    [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 4, 4, 1, 0x70, 0, 1, 9, 7, 1, 0, 0x41, 0, 0x0b, 1, 9, 10, 4, 1, 2, 0, 0x0b],
  ];
  for (const sections of missing) {
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections);
    t.false(WebAssembly.validate(bytes));
    t.false(WebAssembly.validate(injectFuel(bytes, roomy)));
  }
});

test('a module that V8 accepts is accepted metered, or refused with a code', async (t) => {
  const bases = [
    await compileAssemblyScript(program, '--optimize'),
    await compileAssemblyScript(recursion),
    ...rich.map((instructions) => moduleAround(instructions, true)),
    ...fc.sample(programs, { numRuns: 8, seed: 7 }).map((one, i) => moduleOf(one, i % 2 === 0)),
  ];
  for (const base of bases) t.true(WebAssembly.validate(base) && WebAssembly.validate(injectFuel(base, roomy)));
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...bases), fc.array(damage, { maxLength: 3 }), (base, damages) => {
      const bytes = damaged(base, damages);
      const valid = WebAssembly.validate(bytes);
      try {
        const metered = injectFuel(bytes, roomy);
        if (valid) accepted++;
        return !valid || WebAssembly.validate(metered);
      } catch (error) {
        return error instanceof FuelError || (!valid && error instanceof WasmError);
      }
    }),
    { numRuns: 1500 },
  );
  t.true(accepted > 100);
});
