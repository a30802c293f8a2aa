import test from 'ava';
import fc from 'fast-check';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import { packBrotli } from '../../../artifact/delta/brotli.ts';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { DeltaError } from '../../../artifact/delta/error.ts';
import { sha256 } from '../../../artifact/delta/format.ts';
import { inspectDelta } from '../../../artifact/delta/inspect.ts';
import { deltaLimits } from '../../../artifact/delta/limits.ts';
import { WorkBudget } from '../../../artifact/delta/work.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, program } from '../wasm/assemblyscript.ts';
import { moduleAround } from '../wasm/sample-modules.ts';

const versions = Promise.all([
  compileAssemblyScript(program),
  compileAssemblyScript(`export function first(n: i32): i32 { return n * 3 + words.length; }
${program.replace('"buoy"', '"buoy", "a longer word"').replace('i * 3 + 70000', 'i * 5 + 70011')}`),
]);

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

test('any two files: the patch leads from the one to the other', (t) => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, (old, fresh) => equal(applyDelta(old, encodeDelta(old, fresh)), fresh)),
    { numRuns: 60 },
  );
  t.pass();
});

test('two versions of a module: smaller than any general way, and right', async (t) => {
  const [old, fresh] = await versions;
  for (const effort of ['fast', 'balanced', 'smallest'] as const) {
    const patch = encodeDelta(old, fresh, { effort });
    t.true(equal(applyDelta(old, patch, deltaLimits, sha256(fresh)), fresh));
  }
  const patch = encodeDelta(old, fresh);
  t.is(inspectDelta(patch).method, 'rewritten');
  const general = packBrotli(fresh, 11, old).length;
  t.true(patch.length < general, `${patch.length} of ${general}`);
});

test('a weak device gets a patch that it decodes with brotli', async (t) => {
  const [old, fresh] = await versions;
  const patch = encodeDelta(old, fresh, { light: true });
  t.not(inspectDelta(patch).method, 'rewritten');
  t.true(equal(applyDelta(old, patch), fresh));
});

test('a component takes the same ways as the module in it', async (t) => {
  const [old, fresh] = (await versions).map((module) =>
    writeBinary('component', [
      { id: 1, payload: module },
      { id: 0, payload: Uint8Array.of(1, 0x61, 5) },
    ]),
  ) as [Uint8Array, Uint8Array];
  const patch = encodeDelta(old, fresh);
  t.is(inspectDelta(patch).method, 'rewritten');
  t.true(equal(applyDelta(old, patch), fresh));
});

test('damaged modules are coded like any other file', async (t) => {
  const [old, fresh] = await versions;
  const damage = fc.record({ at: fc.nat(fresh.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.boolean(), (damages, inOld) => {
      const damaged = (inOld ? old : fresh).slice();
      for (const { at, byte } of damages) damaged[at % damaged.length] = byte;
      const [a, b] = inOld ? [damaged, fresh] : [old, damaged];
      return equal(applyDelta(a, encodeDelta(a, b)), b);
    }),
    { numRuns: 12 },
  );
  t.pass();
});

test('a damaged patch is refused with a code and never yields wrong bytes', async (t) => {
  const [old, fresh] = await versions;
  const patches = [
    encodeDelta(old, fresh),
    encodeDelta(old, fresh, { effort: 'fast' }),
    encodeDelta(moduleAround([]), fresh),
  ];
  const damage = fc.record({ at: fc.nat(1 << 16), byte: fc.integer({ min: 0, max: 255 }) });
  const cut = fc.option(fc.nat(1 << 16));
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 2), fc.array(damage, { maxLength: 3 }), cut, (which, damages, length) => {
      const base = which === 2 ? moduleAround([]) : old;
      let patch = patches[which]!.slice();
      for (const { at, byte } of damages) patch[at % patch.length] = byte;
      if (length !== null) patch = patch.subarray(0, length % patch.length);
      try {
        inspectDelta(patch);
      } catch (error) {
        if (!(error instanceof DeltaError)) return false;
      }
      try {
        return equal(applyDelta(base, patch, deltaLimits, sha256(fresh)), fresh);
      } catch (error) {
        return error instanceof DeltaError;
      }
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('what is wrong is told by its code', async (t) => {
  const [old, fresh] = await versions;
  const patch = encodeDelta(old, fresh);
  const codeOf = (run: () => unknown): string | undefined => t.throws(run, { instanceOf: DeltaError })?.code;
  t.is(
    codeOf(() => applyDelta(fresh, patch)),
    'wrong-base',
  );
  t.is(
    codeOf(() => applyDelta(old, patch, deltaLimits, sha256(old))),
    'wrong-result',
  );
  t.is(
    codeOf(() => applyDelta(old, patch, { ...deltaLimits, newBytesMax: 100 })),
    'over-limit',
  );
  t.is(
    codeOf(() => applyDelta(old, patch, { ...deltaLimits, oldBytesMax: 100 })),
    'over-limit',
  );
  t.is(
    codeOf(() => applyDelta(old, patch, deltaLimits, undefined, new WorkBudget(1000))),
    'over-limit',
  );
  t.is(
    codeOf(() => applyDelta(old, Uint8Array.of(1, 2, 3))),
    'patch-corrupt',
  );
  t.is(
    codeOf(() => applyDelta(old, Uint8Array.of(0xde, 0xff, 0))),
    'patch-unknown',
  );
});

test('what a patch costs adds up to its size', async (t) => {
  const [old, fresh] = await versions;
  for (const patch of [encodeDelta(old, fresh), encodeDelta(old, fresh, { light: true }), encodeDelta(old, old)]) {
    const { parts, patchBytes, newBytes } = inspectDelta(patch);
    t.is(
      parts.reduce((sum, { bytes }) => sum + bytes, 0),
      patchBytes,
    );
    t.is(patchBytes, patch.length);
    t.true(newBytes > 0);
  }
});
