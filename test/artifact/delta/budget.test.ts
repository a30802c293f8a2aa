import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import { packBrotli } from '../../../artifact/delta/brotli.ts';
import { encodeDifference } from '../../../artifact/delta/difference/code.ts';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { DeltaError } from '../../../artifact/delta/error.ts';
import { readHeader, sha256, writeHeader } from '../../../artifact/delta/format.ts';
import { inspectDelta } from '../../../artifact/delta/inspect.ts';
import { deltaLimits, fixedWork } from '../../../artifact/delta/limits.ts';
import { WorkBudget } from '../../../artifact/delta/work.ts';
import { damage, damaged } from './arbitrary-modules.ts';

const apps = join(import.meta.dirname, '../../../fleet-examples/harbor/apps');
const old = readFileSync(join(apps, 'tide-logger/tide-logger-1.0.0.wasm'));
const fresh = readFileSync(join(apps, 'tide-logger/tide-logger-1.1.0.wasm'));
const digest = sha256(fresh);
const header = (method: Parameters<typeof writeHeader>[0]): Uint8Array =>
  writeHeader(method, fresh.length, sha256(old), digest);

const patches = {
  rewritten: encodeDelta(old, fresh),
  light: encodeDelta(old, fresh, { light: true }),
  difference: Buffer.concat([header('difference'), encodeDifference(old, fresh)!]),
  brotli: Buffer.concat([header('brotli'), packBrotli(fresh, 9)]),
};

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

test('the patches that are damaged here are good ones of every kind', (t) => {
  for (const [method, patch] of Object.entries(patches)) {
    t.is(String(readHeader(patch).method), method);
    t.deepEqual(Buffer.from(applyDelta(old, patch, deltaLimits, digest)), Buffer.from(fresh));
  }
});

test('a damaged patch gives the right file or a coded error, within its time, and inspecting it never throws another', (t) => {
  const limits = { ...deltaLimits, newBytesMax: fresh.length };
  // Twice what a good patch takes would be a bound on one machine; this is one on any.
  const cpuMsMax = 1_500;
  let slowest = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(patches)),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      (good, damages) => {
        // Damage in the header is told at once: most of it goes behind.
        const { payloadStart } = readHeader(good);
        const bad = Buffer.concat([good.subarray(0, payloadStart), damaged(good.subarray(payloadStart), damages)]);
        const startedAt = cpuMs();
        try {
          if (Buffer.compare(applyDelta(old, bad, limits, digest), fresh) !== 0) return false;
        } catch (error) {
          if (!(error instanceof DeltaError)) throw error;
        }
        slowest = Math.max(slowest, cpuMs() - startedAt);
        try {
          return inspectDelta(bad).patchBytes === bad.length;
        } catch (error) {
          return error instanceof DeltaError;
        }
      },
    ),
    { numRuns: 120 },
  );
  t.true(slowest < cpuMsMax, `${slowest} ms`);
});

test('any bytes behind a good start are refused with a code', (t) => {
  const starts = (['brotli', 'dictionary', 'difference', 'rewritten', 'light', 'same', 'whole'] as const).map(header);
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, rest) => {
      const patch = Buffer.concat([start, rest]);
      for (const run of [() => applyDelta(old, patch, deltaLimits, digest), () => inspectDelta(patch)]) {
        try {
          run();
        } catch (error) {
          if (!(error instanceof DeltaError)) throw error;
        }
      }
      return true;
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('time: a patch that decides more than its files can need is cut off', (t) => {
  for (const patch of [patches.rewritten, patches.difference]) {
    const error = t.throws(
      () => applyDelta(old, patch, deltaLimits, digest, new WorkBudget(fixedWork(old.length, fresh.length) + 1000)),
      {
        instanceOf: DeltaError,
      },
    );
    t.is(error.code, 'over-limit');
  }
});

test('memory: patches that promise gigabytes, or unpack to them, take a process no further than good ones', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-budget-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
  const bomb = brotliCompressSync(Buffer.alloc(300 * 1024 * 1024), { params });
  const number = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...number(value >>> 7)]);
  const packedMaps = brotliCompressSync(Buffer.alloc(16 * 1024 * 1024), { params });
  const hostile = [
    Buffer.concat([header('brotli'), bomb]),
    Buffer.concat([header('dictionary'), bomb]),
    Buffer.concat([header('light'), Buffer.from([...number(2 ** 28 - 1), ...number(bomb.length)]), bomb]),
    Buffer.concat([header('rewritten'), Buffer.from([...number(2 ** 24), ...number(packedMaps.length)]), packedMaps]),
    Buffer.concat([writeHeader('brotli', 2 ** 34, sha256(old), digest), bomb]),
    Buffer.concat([writeHeader('difference', 2 ** 31, sha256(old), digest), bomb.subarray(0, 1000)]),
  ];
  writeFileSync(join(directory, 'old'), old);
  hostile.forEach((patch, at) => {
    writeFileSync(join(directory, `patch${at}`), patch);
  });
  const program = join(import.meta.dirname, 'apply-program.ts');
  const { codes, peakBytes } = JSON.parse(
    execFileSync(process.execPath, [program, directory, String(hostile.length)], { encoding: 'utf8' }),
  );
  t.true(
    codes.every((code: string) => ['patch-corrupt', 'over-limit', 'wrong-result'].includes(code)),
    String(codes),
  );
  t.true(peakBytes < 160 * 1024 * 1024, `${peakBytes} bytes`);
});
