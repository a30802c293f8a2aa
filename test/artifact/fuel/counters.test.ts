import test from 'ava';
import { fuelContract } from '../../../artifact/fuel/contract.ts';
import { shareCounters } from '../../../artifact/fuel/counters.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { showState } from '../../../artifact/snapshot/show-state.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { sectionId } from '../../../artifact/wasm/module.ts';
import { readBinary, sectionOf } from '../../../artifact/wasm/read/module.ts';
import { compileAssemblyScript, program } from '../wasm/assemblyscript.ts';
import { roomy, startMetered } from './metered-run.ts';

type Sum = (count: number) => number;
const { module, left, stack, out } = fuelContract;
const plain = await compileAssemblyScript(program, '--optimize');
const metered = injectFuel(plain, roomy);

/** An instance in which nothing has run. */
function instance(bytes: Uint8Array, counters: Record<string, WebAssembly.ImportValue> = {}) {
  const imports = { [module]: { ...counters, [out]: () => {} }, env: { abort: () => {} } };
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), imports).exports;
}

test('modules that share counters pay from one meter what each pays from its own, by the same code', (t) => {
  const fuel = 100_000_000n;
  const counters = {
    [left]: new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, fuel),
    [stack]: new WebAssembly.Global<number>({ value: 'i32', mutable: true }, 640 * 1024),
  };
  const { exports, meter } = startMetered(metered, { fuel }, { env: { abort: () => {} } });
  const result = (exports.sum as Sum)(50);
  const spent = fuel - meter.left.value;
  t.true(spent > 100n);
  const shared = shareCounters(metered);
  for (const times of [1n, 2n]) {
    const one = instance(shared, counters);
    (one[fuelContract.start] as () => void)();
    t.is((one.sum as Sum)(50), result);
    t.is(fuel - counters[left].value, times * spent);
  }
  const codeOf = (bytes: Uint8Array): Uint8Array => {
    const { payload, end } = sectionOf(readBinary(bytes, wasmLimits), sectionId.code)!;
    return bytes.subarray(payload, end);
  };
  t.deepEqual(codeOf(shared), codeOf(metered));
});

test('an instance that was given nothing asks before its first loop, and traps where nobody gives', (t) => {
  t.throws(() => (instance(metered).sum as Sum)(50), { instanceOf: WebAssembly.RuntimeError, message: 'unreachable' });
});

test('what is left to an instance is no state of its program', (t) => {
  const before = Object.keys(showState(plain, []).globals).length;
  t.is(Object.keys(showState(metered, [left, stack]).globals).length, before);
  t.is(Object.keys(showState(metered, []).globals).length, before + 2);
});
