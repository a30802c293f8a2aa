import test from 'ava';
import fc from 'fast-check';
import { packBrotli } from '../../../../artifact/delta/brotli.ts';
import { planStretches } from '../../../../artifact/delta/difference/plan.ts';
import { packStreams, unpackStreams } from '../../../../artifact/delta/difference/streams.ts';
import { DeltaError } from '../../../../artifact/delta/error.ts';
import { controlBytesMax } from '../../../../artifact/delta/limits.ts';
import { unboundedWork, WorkBudget } from '../../../../artifact/delta/work.ts';
import { unsigned } from '../../wasm/sample-modules.ts';

const bytes = fc.uint8Array({ maxLength: 400 });

test('unpackStreams() undoes packStreams()', (t) => {
  fc.assert(
    fc.property(bytes, bytes, fc.nat(400), (head, tail, cut) => {
      const old = Uint8Array.from(Buffer.concat([head, tail]));
      const fresh = Uint8Array.from(Buffer.concat([tail, head.subarray(0, cut), tail]));
      const packed = packStreams(old, fresh, planStretches(old, fresh))!;
      return Buffer.compare(unpackStreams(old, packed, fresh.length, unboundedWork()), fresh) === 0;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('unpackStreams() gives bytes or a DeltaError for damaged streams', (t) => {
  const old = Uint8Array.from({ length: 600 }, (_, at) => (at * 11) & 255);
  const fresh = Uint8Array.from(Buffer.concat([old.subarray(200), old.subarray(0, 300)]));
  const packed = packStreams(old, fresh, planStretches(old, fresh))!;
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.nat(255), (at, value) => {
      const damaged = packed.slice();
      damaged[at] = value;
      try {
        return unpackStreams(old, damaged, fresh.length, unboundedWork()).length === fresh.length;
      } catch (error) {
        return error instanceof DeltaError;
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('stretches of nothing are paid for before they are read', (t) => {
  const newBytes = 30_000;
  const control = controlBytesMax(newBytes);
  const empty = packBrotli(new Uint8Array(control + newBytes), 5);
  const payload = Uint8Array.from([...unsigned(control), ...empty]);
  const unpack = () => unpackStreams(new Uint8Array(), payload, newBytes, new WorkBudget(control - 1));
  t.is(t.throws(unpack, { instanceOf: DeltaError })?.code, 'over-limit');
});
