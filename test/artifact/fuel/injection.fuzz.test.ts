import test from 'ava';
import fc from 'fast-check';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { moduleOf, programs } from './arbitrary-programs.ts';
import { countRuns } from './counting.ts';
import { type Meter, roomy, startMetered } from './metered-run.ts';
import type { Statement } from './program-code.ts';

/** A function that asks for memory pays for itself, wherever in it that stands. */
const statement = (kind: string): Statement => ({ kind, number: 0, body: [], other: [] });

/** What a run shows to the outside. */
function seenOf(instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports, argument: number) {
  const seen: number[] = [];
  const exports = instantiate({ host: { seen: (value: number) => seen.push(value) } });
  let result: unknown;
  try {
    result = (exports.run as (argument: number) => number)(argument);
  } catch (error) {
    result = error instanceof WebAssembly.RuntimeError ? error.message : 'an exception';
  }
  const { memory, sum } = exports as unknown as { memory: WebAssembly.Memory; sum: WebAssembly.Global };
  return { exports, seen: { seen, result, sum: sum.value, memory: Buffer.from(memory.buffer).toString('base64') } };
}

/** A run that gets its fuel in slices; a host function that is called below zero gives what is missing. */
function inSlices(metered: Uint8Array, argument: number, slice: bigint) {
  let granted = slice;
  let meter: Meter | undefined;
  const give = ({ left }: Meter, more: bigint): void => {
    left.value += more;
    granted += more;
  };
  const { seen } = seenOf((imports) => {
    const seenByHost = (imports.host as { seen: (value: number) => void }).seen;
    const lend = (value: number): void => {
      if (meter!.left.value < 0n) give(meter!, -meter!.left.value);
      seenByHost(value);
    };
    const started = startMetered(
      metered,
      { fuel: slice, refill: (one) => give(one, slice - one.left.value) },
      { host: { seen: lend } },
    );
    meter = started.meter;
    return started.exports;
  }, argument);
  return { seen, spent: () => granted - meter!.left.value };
}

test('a metered program does what the plain one does, and its fuel is what a walk over its blocks counts', (t) => {
  let calls = 0;
  fc.assert(
    fc.property(programs, fc.boolean(), fc.nat(4), fc.bigInt(1n, 400n), (program, old, argument, slice) => {
      const plain = moduleOf(program, old);
      const metered = injectFuel(plain, roomy);
      const counted = countRuns(plain);
      const withCounters = seenOf(
        (imports) => new WebAssembly.Instance(new WebAssembly.Module(counted.bytes), imports).exports,
        argument,
      );
      const fuel = 1n << 50n;
      let meter: Meter | undefined;
      const withMeter = seenOf((imports) => {
        const started = startMetered(metered, { fuel }, imports);
        meter = started.meter;
        return started.exports;
      }, argument);
      t.deepEqual(withMeter.seen, withCounters.seen);
      const sliced = inSlices(metered, argument, slice);
      t.deepEqual(sliced.seen, withCounters.seen);
      t.is(meter!.asked, 0);
      if (!String(withCounters.seen.result).includes('unreachable')) {
        const cost = counted.cost(withCounters.exports);
        t.is(fuel - meter!.left.value, cost.fuel);
        t.is(sliced.spent(), cost.fuel);
        t.true(cost.fuel >= cost.executed);
        if (typeof withCounters.seen.result === 'number') t.is(meter!.stack.value, 500_000);
        calls++;
      }
    }),
    { numRuns: 400, examples: [[[[statement('return'), statement('grow')], []], false, 0, 1n]] },
  );
  t.true(calls > 100);
});
