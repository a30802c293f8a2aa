import test from 'ava';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { compileAssemblyScript } from '../wasm/assemblyscript.ts';
import { countRuns } from './counting.ts';
import { type Meter, roomy, startMetered } from './metered-run.ts';

const source = `
@external("env", "seen") declare function seen(value: i32): void;
function noted(value: i32): i32 { seen(value); let sum = 0; for (let i = 0; i < value; i++) sum ^= i * value; return sum; }
export function walk(depth: i32, seed: i64): i64 {
  if (depth == 0) return seed;
  let sum: i64 = 1;
  for (let i: i64 = 0; i < 3; i++) sum += walk(depth - 1, seed + i) * i;
  if ((seed & 7) == 5) return sum + noted(depth);
  const more = depth > 2 ? walk(depth - 2, sum) : sum;
  return more + walk(depth - 1, more);
}`;

test('a function that calls itself, others and the host costs what a walk over its blocks counts, in slices too', async (t) => {
  const plain = await compileAssemblyScript(source, '--runtime', 'stub');
  const counted = countRuns(plain);
  const run = (instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports) => {
    const seen: number[] = [];
    const exports = instantiate({ env: { seen: (value: number) => seen.push(value) } });
    const result = (exports.walk as (depth: number, seed: bigint) => bigint)(5, 3n);
    return { exports, result, seen };
  };
  const before = run((imports) => new WebAssembly.Instance(new WebAssembly.Module(counted.bytes), imports).exports);
  t.true(before.seen.length > 10);
  for (const slice of [1n << 40n, 1000n, 1n]) {
    let granted = slice;
    let meter: Meter | undefined;
    const after = run((imports) => {
      const refill = ({ left }: Meter): void => {
        const more = slice - left.value;
        left.value += more;
        granted += more;
      };
      const started = startMetered(injectFuel(plain, roomy), { fuel: slice, refill }, imports);
      meter = started.meter;
      return started.exports;
    });
    t.is(after.result, before.result);
    t.deepEqual(after.seen, before.seen);
    t.is(granted - meter!.left.value, counted.cost(before.exports).fuel);
    t.is(meter!.stack.value, 500_000);
  }
});
