import test from 'ava';
import fc from 'fast-check';
import { DeltaError } from '../../../../artifact/delta/error.ts';
import type { Maps } from '../../../../artifact/delta/rewrite/maps.ts';
import { decodeMaps, encodeMaps } from '../../../../artifact/delta/rewrite/maps-format.ts';
import { rewriteModule } from '../../../../artifact/delta/rewrite/rewrite.ts';
import { writeBinary } from '../../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, program } from '../../wasm/assemblyscript.ts';
import { moduleAround } from '../../wasm/sample-modules.ts';
import { arbitraryMaps } from './arbitrary-maps.ts';

const nothing = decodeMaps(new Uint8Array(9), 0, 0);
const compiled = compileAssemblyScript(program);

const maps = (part: Partial<Maps>): Maps => ({ ...nothing, ...part });
const shift = (start: number, by: number) => ({ starts: Float64Array.of(start), shifts: Float64Array.of(by) });

// Two functions that call each other, the first with a padded call; a table of both; a pointer in data.
function twoFunctions(order: readonly [number, number], address: number): Uint8Array {
  const [a, b] = order;
  const first = [8, 0, 0x10, 0x80 | b, 0x80, 0x80, 0x00, 0x0b];
  const second = [8, 0, 0x41, ...leb(address), 0x1a, 0x10, a, 0x0b];
  second[0] = second.length - 1;
  first[0] = first.length - 1;
  const bodies = a === 0 ? [...first, ...second] : [...second, ...first];
  const pointer = [address & 255, address >> 8, 0, 0];
  return writeBinary('module', [
    { id: 1, payload: Uint8Array.of(1, 0x60, 0, 0) },
    { id: 3, payload: Uint8Array.of(2, 0, 0) },
    { id: 4, payload: Uint8Array.of(1, 0x70, 0, 4) },
    { id: 5, payload: Uint8Array.of(1, 0, 1) },
    { id: 7, payload: Uint8Array.of(1, 1, 0x61, 0, a) },
    { id: 9, payload: Uint8Array.of(1, 0, 0x41, 1, 0x0b, 2, a, b) },
    { id: 10, payload: Uint8Array.of(2, ...bodies), sizeWidth: 5 },
    { id: 11, payload: Uint8Array.of(1, 0, 0x41, ...leb(2000), 0x0b, 8, ...pointer, 0xff, 0xff, 0xff, 0xff) },
  ]);
}

const leb = (value: number): number[] => [(value & 127) | 128, value >> 7];

test('without maps the old module comes out as it is', async (t) => {
  for (const module of [await compiled, moduleAround([0x41, 5, 0x1a]), twoFunctions([0, 1], 2000)]) {
    t.deepEqual(Buffer.from(rewriteModule(module, nothing).bytes), Buffer.from(module));
  }
});

test('functions in a new order, with every mention of them and of addresses, become the new module', (t) => {
  const old = twoFunctions([0, 1], 2000);
  const fresh = twoFunctions([1, 0], 3000);
  t.true(WebAssembly.validate(old) && WebAssembly.validate(fresh));
  const { bytes, bodies } = rewriteModule(
    old,
    maps({
      functions: Int32Array.of(1, 0),
      constants: { starts: Float64Array.of(2000, 2001), shifts: Float64Array.of(1000, 0) },
      regions: { starts: Float64Array.of(2000), classes: Uint8Array.of(1) },
    }),
  );
  // The segment itself has not moved in the new module, and is no part of what the constant map can tell apart.
  const place = fresh.length - 13;
  t.deepEqual([...bytes.subarray(0, place)], [...fresh.subarray(0, place)]);
  t.deepEqual([...bytes.subarray(-9)], [...fresh.subarray(-9)]);
  t.deepEqual([...fresh.subarray(bodies.starts[1], bodies.ends[1])], [0, 0x10, 0x80, 0x80, 0x80, 0, 0x0b]);
});

test('table slots move where they stand in the table and in memory', (t) => {
  const old = twoFunctions([0, 1], 2);
  const slots = { starts: Float64Array.of(1, 2), shifts: Float64Array.of(1, -1) };
  const regions = { starts: Float64Array.of(2000), classes: Uint8Array.of(2) };
  const { bytes } = rewriteModule(old, maps({ functions: Int32Array.of(0, 1), slots, regions }));
  t.deepEqual([...bytes.subarray(-8, -4)], [1, 0, 0, 0]);
  const element = Buffer.from(bytes).indexOf(Buffer.from([9, 8, 1, 0, 0x41, 1, 0x0b, 2, 1, 0]));
  t.true(element > 0);
});

test('bodies are named by functions of the new module', async (t) => {
  const old = await compiled;
  const functions = Int32Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? -1 : i));
  const { bytes, bodies } = rewriteModule(old, maps({ functions }));
  for (let index = 0; index < 30; index++) {
    if (bodies.starts[index]! < 0) continue;
    t.not(index % 3, 0);
    t.is(bytes[bodies.ends[index]! - 1], 0x0b);
  }
  t.true(bodies.starts.some((start) => start > 0));
});

test('no maps make it fail without a code or grow over its ceiling', async (t) => {
  const modules = [await compiled, twoFunctions([0, 1], 2000), moduleAround([0x20, 0, 0x1a])];
  fc.assert(
    fc.property(fc.constantFrom(...modules), arbitraryMaps, (old, some) => {
      try {
        const { bytes, bodies } = rewriteModule(old, decodeMaps(encodeMaps(some), 3_000_000, 3_000_000));
        const inside = bodies.ends.every((end, i) => end <= bytes.length && bodies.starts[i]! <= end);
        return bytes.length <= old.length * 1.5 + 4096 && inside;
      } catch (error) {
        return error instanceof DeltaError;
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('a map that repeats one body without end is stopped at the ceiling', async (t) => {
  const old = await compiled;
  const functions = new Int32Array(100_000).fill(9);
  const error = t.throws(() => rewriteModule(old, maps({ functions })), { instanceOf: DeltaError });
  t.is(error.code, 'over-limit');
});

test('an old file that is no core module is refused with a code', (t) => {
  for (const old of [new Uint8Array(), writeBinary('component', []), Uint8Array.of(1, 2, 3)]) {
    const error = t.throws(() => rewriteModule(old, maps({ constants: shift(5, 5) })), {
      instanceOf: DeltaError,
    });
    t.is(error.code, 'patch-corrupt');
  }
});
