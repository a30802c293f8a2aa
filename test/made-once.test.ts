import test from 'ava';
import fc from 'fast-check';
import { formMakers } from '../cli/form-makers.ts';
import { brotliAtOnce } from '../controller/publishing/compress.ts';
import { deltaAtOnce } from '../controller/publishing/make-delta.ts';
import { brotliOnce, deltaOnce, madeOnce } from './made-once.ts';

const { signal } = new AbortController();

test('what is made once is what is made of each, and nobody can spoil it for the others', async (t) => {
  let makes = 0;
  const make = async (bytes: Uint8Array) => {
    makes += 1;
    return bytes.toReversed();
  };
  const once = madeOnce(make, String);
  for (const bytes of [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(1, 2)]) {
    const made = await once(bytes);
    t.deepEqual(made, bytes.toReversed());
    made.fill(0);
  }
  t.is(makes, 2);
});

test('a plan, the controller and what is made once make the same forms of the same modules', async (t) => {
  const bytes = fc.uint8Array({ minLength: 100, maxLength: 400 });
  const cases = fc.asyncProperty(bytes, bytes, async (old, fresh) => {
    const whole = await brotliAtOnce(fresh);
    t.deepEqual(await formMakers.compress(fresh), whole);
    t.deepEqual(await brotliOnce(fresh), whole);
    const delta = await deltaAtOnce(old, fresh, signal, 'balanced');
    t.deepEqual(await formMakers.makeDelta(old, fresh, 'balanced'), delta);
    t.deepEqual(await deltaOnce(old, fresh, signal, 'balanced'), delta);
    t.deepEqual(await deltaOnce(old, fresh, signal, 'fast'), await deltaAtOnce(old, fresh, signal, 'fast'));
  });
  await fc.assert(cases, { numRuns: 10 });
});
