import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { applyDelta } from '../../../../artifact/delta/apply.ts';
import { packBrotli } from '../../../../artifact/delta/brotli.ts';
import { encodeDelta } from '../../../../artifact/delta/encode.ts';
import { DeltaError } from '../../../../artifact/delta/error.ts';
import { readHeader, sha256 } from '../../../../artifact/delta/format.ts';
import { nothing, nothingSha256 } from '../../../../artifact/delta/from-nothing.ts';
import { deltaLimits, wholeWorkMax } from '../../../../artifact/delta/limits.ts';
import { decodeWhole } from '../../../../artifact/delta/whole/decode.ts';
import { encodeWhole } from '../../../../artifact/delta/whole/encode.ts';
import { packedKernel } from '../../../../artifact/delta/whole/packed-kernel.ts';
import { Signatures } from '../../../../artifact/delta/whole/signatures.ts';
import { unboundedWork, WorkBudget } from '../../../../artifact/delta/work.ts';
import { wasmLimits } from '../../../../artifact/wasm/limits.ts';
import { sectionId } from '../../../../artifact/wasm/module.ts';
import { readBodies } from '../../../../artifact/wasm/read/contents.ts';
import { readBinary } from '../../../../artifact/wasm/read/module.ts';
import { compileKernel } from '../../../../bench/whole/build.ts';
import { damage, damaged, moduleVersions } from '../arbitrary-modules.ts';

const examples = join(import.meta.dirname, '../../../../fleet-examples');
const example = (file: string): Uint8Array => readFileSync(join(examples, `${file}.wasm`));

// Rust, C and AssemblyScript.
const trend = example('engine-room/apps/pressure-trend/pressure-trend-1.0.0');
const tide = example('harbor/apps/tide-logger/tide-logger-1.0.0');
const logbook = example('engine-room/apps/logbook/logbook-1.0.0');
const codedLogbook = encodeWhole(logbook);

const comesBack = (file: Uint8Array): boolean =>
  Buffer.compare(decodeWhole(encodeWhole(file), file.length, unboundedWork()), file) === 0;

test('modules of the examples come back as they were, much smaller than brotli has them', (t) => {
  for (const file of [trend, tide, logbook]) {
    const coded = encodeWhole(file);
    t.is(Buffer.compare(decodeWhole(coded, file.length, new WorkBudget(wholeWorkMax(file.length))), file), 0);
    t.true(coded.length < 0.8 * packBrotli(file, 11).length, `${coded.length} bytes`);
  }
});

test('what was coded once is read by every later release: the form stays as it is, to the bit', (t) => {
  const digest = '83ae0d7260c981b913b6fe61910e2fb3a4573352c0f24205597968f2c4afe6dd';
  t.is(Buffer.from(sha256(codedLogbook)).toString('hex'), digest);
});

test('made-up modules come back as they were, valid or not', (t) => {
  t.plan(1);
  fc.assert(
    fc.property(moduleVersions, ([old, fresh]) => comesBack(old) && comesBack(fresh)),
    { numRuns: 25 },
  );
  t.pass();
});

test('a module with damage, and what is none, come back as they were', (t) => {
  t.plan(1);
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => comesBack(damaged(logbook, damages))),
    { numRuns: 15 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), comesBack), { numRuns: 20 });
  t.pass();
});

test('one body that the model can not read costs that body, not its section', (t) => {
  const bodies = readBodies(readBinary(tide, wasmLimits), wasmLimits);
  const { end } = bodies[10]!;
  const broken = Uint8Array.from(tide);
  // An instruction that nobody knows, before the end of a body.
  broken[end - 2] = 0xff;
  t.true(comesBack(broken));
  const more = encodeWhole(broken).length - encodeWhole(tide).length;
  t.true(more < bodies[10]!.end - bodies[10]!.start + 32, `${more} bytes more`);
});

test('coded bytes with damage give some file of the announced size or a coded error, and take no more work than that size justifies', (t) => {
  const size = logbook.length;
  const seen = { files: 0, errors: 0 };
  const decoded = (coded: Uint8Array): void => {
    const work = new WorkBudget(wholeWorkMax(size));
    try {
      t.is(decodeWhole(coded, size, work).length, size);
      seen.files++;
    } catch (error) {
      if (!(error instanceof DeltaError)) throw error;
      seen.errors++;
    }
  };
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      decoded(damaged(codedLogbook, damages));
      return true;
    }),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (coded) => {
      decoded(coded);
      return true;
    }),
    { numRuns: 60 },
  );
  t.true(seen.errors > 3 && seen.files > 3, `${seen.errors} errors, ${seen.files} files`);
});

test('of sections that come again the model keeps nothing, so that they do not pile up', (t) => {
  const signatures = new Signatures();
  const read = (id: number, ...payload: number[]) =>
    signatures.read(Uint8Array.from(payload), { id, payload: 0, end: payload.length });
  read(sectionId.type, 1, 0x60, 1, 0x7f, 0);
  read(sectionId.type, 2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7f, 0);
  for (let again = 0; again < 3; again++) read(sectionId.function, 1, 0);
  t.is(signatures.ofType(0).params.length, 1);
  t.is(signatures.ofType(1).params.length, 0);
  t.deepEqual(
    [0, 1].map((index) => signatures.typeOf(index)),
    [0, -1],
  );
});

test('the inner loop that is shipped is what its source compiles to', async (t) => {
  t.is(packedKernel, Buffer.from(await compileKernel()).toString('base64'));
});

test('what is left of the budget is all that decoding takes', (t) => {
  const error = t.throws(() => decodeWhole(codedLogbook, logbook.length, new WorkBudget(100_000)), {
    instanceOf: DeltaError,
  });
  t.is(error.code, 'over-limit');
});

test('a patch from nothing is a patch like any other: its file has the digest it announces', (t) => {
  const patch = encodeDelta(nothing, tide);
  t.is(readHeader(patch).method, 'whole');
  t.is(Buffer.from(sha256(nothing)).toString('hex'), nothingSha256);
  t.deepEqual(Buffer.from(applyDelta(nothing, patch, deltaLimits, sha256(tide))), Buffer.from(tide));
  t.is(readHeader(encodeDelta(nothing, tide, { light: true })).method, 'brotli');
  const wrong = Uint8Array.from(patch);
  wrong[wrong.length - 100]! ^= 1;
  t.throws(() => applyDelta(nothing, wrong, deltaLimits, sha256(tide)), { instanceOf: DeltaError });
});
