/** Patches that are well-formed and ask for work that their lengths do not justify, made by the codec itself. */
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import { unpackBrotli } from '../../../artifact/delta/brotli.ts';
import { Predictor } from '../../../artifact/delta/coding/predictor.ts';
import { BitDecoder, BitEncoder } from '../../../artifact/delta/coding/range.ts';
import { encodeDifference } from '../../../artifact/delta/difference/code.ts';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { DeltaError } from '../../../artifact/delta/error.ts';
import { readHeader, sha256, writeHeader } from '../../../artifact/delta/format.ts';
import { deltaLimits, mapsBytesMax, partWorkMax, workMax } from '../../../artifact/delta/limits.ts';
import { CodeCodec, scratchBytes } from '../../../artifact/delta/module/code-codec.ts';
import { type CodeRange, codeRangeOf } from '../../../artifact/delta/module/code-section.ts';
import { counterBits } from '../../../artifact/delta/module/coding-limits.ts';
import { codeSets } from '../../../artifact/delta/module/instruction-codec.ts';
import { unboundedWork, WorkBudget } from '../../../artifact/delta/work.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { edited, renumbered } from '../../../bench/decoding/edits.ts';
import { unsigned } from '../wasm/sample-modules.ts';
import { damage, damaged, moduleVersions } from './arbitrary-modules.ts';

const alarm = readFileSync(
  new URL('../../../fleet-examples/engine-room/apps/pressure-alarm/pressure-alarm-1.0.0.wasm', import.meta.url),
);

const repeated = (count: number, bytes: readonly number[]): number[] => new Array(count).fill(bytes).flat();

function moduleOf(bodies: readonly (readonly number[])[]): Uint8Array {
  const functions = [...unsigned(bodies.length), ...bodies.map(() => 0)];
  const code = [...unsigned(bodies.length), ...bodies.flatMap((body) => [...unsigned(body.length), ...body])];
  return writeBinary('module', [
    { id: 1, payload: Uint8Array.of(1, 0x60, 0, 0) },
    { id: 3, payload: Uint8Array.from(functions) },
    { id: 10, payload: Uint8Array.from(code) },
  ]);
}

/** Codes the bodies of the new module, each against the last old one with nothing aligned, as no encoder would. */
function codedAgainstLast(old: Uint8Array, fresh: Uint8Array) {
  const [oldCode, newCode] = [codeRangeOf(old)!, codeRangeOf(fresh)!] as [CodeRange, CodeRange];
  const base = old.length;
  const bytes = new Uint8Array(base + fresh.length + scratchBytes);
  bytes.set(old);
  bytes.set(fresh, base);
  const moved = (places: Uint32Array): Uint32Array => places.map((at) => at + base);
  const { count, starts, ends, widths } = newCode.bodies;
  const encoder = new BitEncoder();
  const work = unboundedWork();
  const predictor = new Predictor(encoder, counterBits(fresh.length), codeSets.total, work);
  new CodeCodec(predictor, bytes, oldCode.bodies, base + newCode.start, base + newCode.end, work).code(count, {
    bases: new Int32Array(count).fill(oldCode.bodies.count - 1),
    bodies: { count, starts: moved(starts), ends: moved(ends), widths },
    align: (index) => new Int32Array(ends[index]! - starts[index]!).fill(-1),
  });
  const decode = (budget: WorkBudget): Uint8Array => {
    bytes.fill(0, base + newCode.start);
    const reader = new Predictor(new BitDecoder(coded), counterBits(fresh.length), codeSets.total, budget);
    const [out, stop] = [base + newCode.start, base + newCode.end];
    new CodeCodec(reader, bytes, oldCode.bodies, out, stop, budget).code(count, undefined);
    return bytes.slice(out, stop);
  };
  const coded = encoder.finish();
  return { coded, spent: work.spent, decode, code: fresh.subarray(newCode.start, newCode.end) };
}

const refuses = (t: import('ava').ExecutionContext, old: Uint8Array, fresh: Uint8Array, times: number): void => {
  const { coded, spent, decode, code } = codedAgainstLast(old, fresh);
  const justified = partWorkMax(fresh.length, coded.length);
  t.true(spent > times * justified, `${spent} of ${justified}`);
  t.deepEqual(decode(unboundedWork()), code, 'the patch is well-formed');
  const budget = new WorkBudget(justified);
  t.is(t.throws(() => decode(budget), { instanceOf: DeltaError })?.code, 'over-limit');
};

test('new bodies that all name the largest old one as their base are cut off', (t) => {
  const large = [0, ...repeated(3000, [0x41, 1, 0x1a]), 0x0b];
  refuses(t, moduleOf([[0, 0x0b], large]), moduleOf(repeated(600, [0]).map(() => [0, 0x41, 1, 0x1a, 0x0b])), 20);
});

test('instructions inserted before one of thousands of labels, which is read for each, are cut off', (t) => {
  const table = [0, 0x41, 0, 0x0e, ...unsigned(3000), ...repeated(3001, [0]), 0x0b];
  const inserted = [0, ...repeated(800, [0x41, 1, 0x1a]), 0x0b];
  refuses(t, moduleOf([table.toSpliced(1, 2)]), moduleOf([inserted]), 200);
});

test('what the maps unpack to follows from the lengths of the files, whatever the patch says', (t) => {
  const [old, fresh] = [moduleOf([[0, 0x0b]]), moduleOf([[0, 0x01, 0x0b]])];
  const size = mapsBytesMax(old.length, fresh.length) + 1;
  const packed = brotliCompressSync(Buffer.alloc(size), { params: { [constants.BROTLI_PARAM_LGWIN]: 16 } });
  const header = writeHeader('light', fresh.length, sha256(old), sha256(fresh));
  const patch = Buffer.concat([header, Uint8Array.from([...unsigned(size), ...unsigned(packed.length)]), packed]);
  t.is(t.throws(() => applyDelta(old, patch), { instanceOf: DeltaError })?.code, 'over-limit');
});

test('a stream that asks for a larger window than its bytes need is refused before it gets it', (t) => {
  const packed = (bits: number): Uint8Array =>
    brotliCompressSync(Buffer.alloc(1000), { params: { [constants.BROTLI_PARAM_LGWIN]: bits } });
  for (let bits = 10; bits <= 16; bits++) t.is(unpackBrotli(packed(bits), 1000).length, 1000);
  for (let bits = 17; bits <= 24; bits++) {
    t.is(t.throws(() => unpackBrotli(packed(bits), 1000), { instanceOf: DeltaError })?.code, 'over-limit', `${bits}`);
  }
});

test('several patches share one budget: the second finds what the first left', (t) => {
  const [old, fresh] = [moduleOf([[0, 0x0b]]), moduleOf([[0, 0x01, 0x0b]])];
  const patch = encodeDelta(old, fresh);
  const first = unboundedWork();
  applyDelta(old, patch, deltaLimits, undefined, first);
  t.true(first.spent > 0);
  const shared = new WorkBudget(2 * first.spent - 1);
  applyDelta(old, patch, deltaLimits, undefined, shared);
  const second = () => applyDelta(old, patch, deltaLimits, undefined, shared);
  t.is(t.throws(second, { instanceOf: DeltaError })?.code, 'over-limit');
});

test('whatever becomes of a patch, decoding it takes what its lengths justify and one step more at most', (t) => {
  fc.assert(
    fc.property(moduleVersions, fc.boolean(), fc.array(damage, { maxLength: 3 }), ([old, fresh], light, damages) => {
      const good = encodeDelta(old, fresh, { light });
      const { payloadStart } = readHeader(good);
      const patch = Buffer.concat([good.subarray(0, payloadStart), damaged(good.subarray(payloadStart), damages)]);
      const work = unboundedWork();
      try {
        applyDelta(old, patch, deltaLimits, undefined, work);
      } catch (error) {
        if (!(error instanceof DeltaError)) throw error;
      }
      return work.spent <= workMax(old.length, fresh.length, patch.length);
    }),
    { numRuns: 40 },
  );
  t.pass();
});

test('what lengths justify is at most twice what the dearest honest patch of these lengths takes', (t) => {
  for (const change of [edited, renumbered]) {
    const fresh = change(alarm);
    const payload = encodeDifference(alarm, fresh)!;
    const patch = Buffer.concat([writeHeader('difference', fresh.length, sha256(alarm), sha256(fresh)), payload]);
    const work = unboundedWork();
    applyDelta(alarm, patch, deltaLimits, undefined, work);
    const justified = workMax(alarm.length, fresh.length, patch.length);
    t.true(work.spent <= justified && justified <= 2 * work.spent, `${work.spent} of ${justified}`);
  }
});
