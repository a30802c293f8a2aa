import test from 'ava';
import { fuelContract } from '../../../artifact/fuel/contract.ts';
import { shareCounters } from '../../../artifact/fuel/counters.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { slotsExport, writeTrampolines } from '../../../artifact/linking/trampolines.ts';

const i32 = { code: 0x7f };
const i64 = { code: 0x7e };
const head = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** (i32) -> i32 */
const unary = [1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f];
const letter = (one: string): number => one.charCodeAt(0);
/** Exports `f`, which gives its parameter after so many of this binary operation with itself. */
const provider = (operation: number, times = 1) => {
  const operations = Array.from({ length: times }, () => [0x20, 0, operation]).flat();
  const body = [0, 0x20, 0, ...operations, 0x0b];
  return [
    ...[...head, ...unary, 3, 2, 1, 0, 7, 5, 1, 1, letter('f'), 0, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ];
};
const [add, multiply] = [0x6a, 0x6c];
/** Imports `f` from `c` and exports `f`, which calls it. */
const consumer = [
  ...[...head, ...unary, 2, 7, 1, 1, letter('c'), 1, letter('f'), 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, letter('f'), 0, 1],
  ...[10, 8, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b],
];

type Unary = (value: number) => number;

/** Instances that share one meter, as the modules of one application do. */
function metered(fuel = 1_000_000n) {
  const { module, out } = fuelContract;
  const left = new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, fuel);
  const stack = new WebAssembly.Global<number>({ value: 'i32', mutable: true }, 64 * 1024);
  const counters = { [fuelContract.left]: left, [fuelContract.stack]: stack };
  const instantiate = (bytes: Iterable<number>, imports: WebAssembly.Imports = {}): WebAssembly.Exports => {
    const metered = injectFuel(Uint8Array.from(bytes), { memoryPagesMax: 1, tableElementsMax: 100 });
    const ready = shareCounters(metered) as Uint8Array<ArrayBuffer>;
    const all = { ...imports, [module]: { ...counters, [out]: () => {} } };
    return new WebAssembly.Instance(new WebAssembly.Module(ready), all).exports;
  };
  const trampolines = instantiate(writeTrampolines([{ name: 'f', params: [i32], results: [i32] }]));
  const slots = trampolines[slotsExport] as WebAssembly.Table;
  const link = (exports: WebAssembly.Exports): void => slots.set(0, exports.f);
  return { left, stack, instantiate, link, f: instantiate(consumer, { c: trampolines }).f as Unary };
}

test('a provider is swapped while its consumer, and what the consumer holds, stays', (t) => {
  const { instantiate, link, f } = metered();
  link(instantiate(provider(add)));
  t.is(f(7), 14);
  link(instantiate(provider(multiply)));
  t.is(f(7), 49);
});

test('a call of a link that nothing fulfils traps', (t) => {
  const { f } = metered();
  t.throws(() => f(7), { instanceOf: WebAssembly.RuntimeError });
});

test('what does not have the signature of the link traps instead of being called', (t) => {
  const { instantiate, link, f } = metered();
  link(instantiate(writeTrampolines([{ name: 'f', params: [i64], results: [] }])));
  t.throws(() => f(7), { instanceOf: WebAssembly.RuntimeError });
});

test('a recursion through a link is ended by the stack that both sides count', (t) => {
  const world = metered();
  world.link({ f: world.f as never });
  t.throws(() => world.f(7), { instanceOf: WebAssembly.RuntimeError });
  t.true(world.stack.value < 0, 'it is the count that ended it, not the engine');
});

test('both sides of a link pay from one meter', (t) => {
  const { link, instantiate, left, f } = metered();
  const spent = (times: number): bigint => {
    // More than a leaf that its callers pay for.
    link(instantiate(provider(add, times)));
    const before = left.value;
    f(7);
    return before - left.value;
  };
  t.is(spent(31) - spent(30), 2n);
  t.true(spent(30) > 60n);
});

test('a call that is suspended in a provider comes back from it, though the next one goes to its successor', async (t) => {
  const { link, instantiate, f } = metered();
  const { promise, resolve } = Promise.withResolvers<number>();
  link(instantiate(consumer, { c: { f: new WebAssembly.Suspending(() => promise) } }));
  const call = WebAssembly.promising(f);
  const underWay = call(7);
  link(instantiate(provider(multiply)));
  t.is(await call(7), 49);
  resolve(5);
  t.is(await underWay, 5);
});

test('each function of a link has a slot of its own', (t) => {
  const unit = { params: [i32], results: [i32] };
  const module = new WebAssembly.Module(
    writeTrampolines([
      { name: 'first', ...unit },
      { name: 'second', ...unit },
    ]),
  );
  const { first, second, ...rest } = new WebAssembly.Instance(module, {}).exports;
  const { f: sum } = metered().instantiate(provider(add));
  const { f: product } = metered().instantiate(provider(multiply));
  const slots = rest[slotsExport] as WebAssembly.Table;
  slots.set(0, sum);
  slots.set(1, product);
  t.deepEqual([(first as Unary)(7), (second as Unary)(7)], [14, 49]);
});
