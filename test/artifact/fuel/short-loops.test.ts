import test from 'ava';
import { moduleOf } from './arbitrary-programs.ts';
import { runMetered } from './metered-run.ts';

/** A loop of so many rounds, of seven instructions each, with as many more of other kinds in it. */
const loop = (rounds: number, body: readonly string[]): Uint8Array => {
  const inner = body.map((kind) => ({ kind, number: 0, body: [], other: [] }));
  return moduleOf([[{ kind: 'loop', number: rounds - 1, body: inner, other: [] }]], false);
};

function spent(module: Uint8Array, fuel: bigint): bigint {
  const slice = fuel;
  let granted = fuel;
  const refill = ({ left }: { readonly left: WebAssembly.Global<bigint> }): void => {
    granted += slice - left.value;
    left.value = slice;
  };
  const { exports, meter } = runMetered(module, { fuel, refill }, { host: { seen: () => {} } });
  (exports.run as (argument: number) => number)(0);
  return granted - meter.left.value;
}

test('a short loop costs one round before it and each further one on the way back, whatever the slices', (t) => {
  const roundCost = 7n;
  const addCost = 4n;
  for (const slice of [1n << 40n, 11n, 1n]) {
    const one = spent(loop(1, []), slice);
    for (const rounds of [2, 3, 4]) t.is(spent(loop(rounds, []), slice), one + BigInt(rounds - 1) * roundCost);
    const [once, twice] = [1, 2].map((rounds) => spent(loop(rounds, ['add']), slice));
    t.is(twice! - once!, roundCost + addCost);
  }
});

test('a loop that is left in its first round executes no instruction of the meter but those in front of it', (t) => {
  // Such a loop has no charge at its header: with one round, what is left is looked at as often as without the loop.
  const asked = (module: Uint8Array): number => {
    const { exports, meter } = runMetered(
      module,
      {
        fuel: 0n,
        refill: (one) => {
          one.left.value = 0n;
        },
      },
      { host: { seen: () => {} } },
    );
    (exports.run as (argument: number) => number)(0);
    return meter.asked;
  };
  t.is(asked(loop(1, [])), asked(moduleOf([[]], false)));
  t.is(asked(loop(4, [])), asked(moduleOf([[]], false)) + 3);
});
