import test from 'ava';
import fc from 'fast-check';
import { matchModules } from '../../../../artifact/delta/matching/match.ts';
import { decodeMaps, encodeMaps } from '../../../../artifact/delta/rewrite/maps-format.ts';
import { rewriteModule } from '../../../../artifact/delta/rewrite/rewrite.ts';
import { wasmLimits } from '../../../../artifact/wasm/limits.ts';
import { readContents } from '../../../../artifact/wasm/read/contents.ts';
import { readBinary } from '../../../../artifact/wasm/read/module.ts';
import { readFunctionNames } from '../../../../artifact/wasm/read/names.ts';
import { writeBinary } from '../../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, program } from '../../wasm/assemblyscript.ts';
import { moduleAround } from '../../wasm/sample-modules.ts';

// A later version: a new function and string at the front, one function changed.
const later = `const motto = "ships pay by the kilobyte";
export function first(n: i32): i32 { return motto.length * n + n % 7; }
${program.replace('i * 3 + 70000', 'i * 5 + 70011')}`;

/** How many bodies of the new module the rewritten old one predicts to the last byte. */
function predicted(old: Uint8Array, fresh: Uint8Array): { readonly exact: number; readonly all: number } {
  const maps = decodeMaps(encodeMaps(matchModules(old, fresh, 'balanced')!), old.length, fresh.length);
  const { bytes, bodies } = rewriteModule(old, maps);
  const contents = readContents(readBinary(fresh, wasmLimits), wasmLimits);
  let exact = 0;
  contents.bodies.forEach(({ start, end }, i) => {
    const index = maps.importedFunctions + i;
    const guess = bytes.subarray(Math.max(0, bodies.starts[index]!), Math.max(0, bodies.ends[index]!));
    if (Buffer.compare(guess, fresh.subarray(start, end)) === 0) exact++;
  });
  return { exact, all: contents.bodies.length };
}

test('most bodies of a later version are predicted to the last byte', async (t) => {
  const [old, fresh] = [await compileAssemblyScript(program), await compileAssemblyScript(later)];
  const { exact, all } = predicted(old, fresh);
  t.true(all > 50);
  t.true(exact >= all * 0.85, `${exact} of ${all}`);
});

test('names of functions come out in the numbers and order of the later version', async (t) => {
  const [old, fresh] = [await compileAssemblyScript(program, '--debug'), await compileAssemblyScript(later, '--debug')];
  const maps = matchModules(old, fresh, 'balanced')!;
  const { bytes } = rewriteModule(old, maps);
  const names = (module: Uint8Array): Map<number, string> =>
    new Map(readFunctionNames(readBinary(module, wasmLimits), wasmLimits)!.entries.map((one) => [one.index, one.name]));
  const [guessed, actual] = [names(bytes), names(fresh)];
  const right = [...actual].filter(([index, name]) => guessed.get(index) === name).length;
  t.true(right >= actual.size * 0.9, `${right} of ${actual.size}`);
});

test('a module matched with itself maps every function to itself', async (t) => {
  const module = await compileAssemblyScript(program);
  const { functions } = matchModules(module, module, 'balanced')!;
  t.deepEqual([...functions], [...functions.keys()]);
  t.deepEqual(rewriteModule(module, matchModules(module, module, 'fast')!).bytes, module);
});

test('the module inside a component is predicted like a bare one', async (t) => {
  const around = (module: Uint8Array): Uint8Array => {
    const inner = writeBinary('component', [
      { id: 1, payload: moduleAround([]) },
      { id: 1, payload: module },
      { id: 0, payload: Uint8Array.of(1, 0x61, 7) },
    ]);
    return writeBinary('component', [
      { id: 4, payload: inner, sizeWidth: 4 },
      { id: 0, payload: Uint8Array.of(1, 0x62) },
    ]);
  };
  const [old, fresh] = [await compileAssemblyScript(program), await compileAssemblyScript(later)];
  const bare = rewriteModule(old, matchModules(old, fresh, 'balanced')!);
  const maps = matchModules(around(old), around(fresh), 'balanced')!;
  const { bytes, bodies } = rewriteModule(around(old), maps);
  t.deepEqual(bytes, around(bare.bytes));
  const index = maps.functions.length - 1;
  t.deepEqual(
    bytes.subarray(bodies.starts[index], bodies.ends[index]),
    bare.bytes.subarray(bare.bodies.starts[index], bare.bodies.ends[index]),
  );
});

test('what is no core module is not matched', (t) => {
  const module = moduleAround([]);
  t.is(matchModules(module, Uint8Array.of(1, 2, 3), 'balanced'), undefined);
  t.is(matchModules(new Uint8Array(), module, 'balanced'), undefined);
});

test('a damaged module is matched or left alone, never a crash', async (t) => {
  const module = await compileAssemblyScript(program);
  const damage = fc.record({ at: fc.nat(module.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), (damages) => {
      const damaged = module.slice();
      for (const { at, byte } of damages) damaged[at] = byte;
      const maps = matchModules(module, damaged, 'balanced');
      if (maps !== undefined) rewriteModule(module, decodeMaps(encodeMaps(maps), module.length, damaged.length));
    }),
    { numRuns: 60 },
  );
  t.pass();
});
