import test from 'ava';
import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';
import { FuelError } from '../../../artifact/fuel/error.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { readFunctionNames } from '../../../artifact/wasm/read/names.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, program } from '../wasm/assemblyscript.ts';
import { moduleAround, unsigned } from '../wasm/sample-modules.ts';
import { guest } from './guests.ts';
import { type Allowance, roomy, runMetered, startMetered } from './metered-run.ts';

/** Entries of a section; at most 127. */
const vector = (...entries: number[][]): Uint8Array => Uint8Array.from([entries.length, ...entries.flat()]);

/** Runs `_start` to the trap that must end it. */
function untilTrap(name: Parameters<typeof guest>[0], allowance: Allowance, imports?: WebAssembly.Imports) {
  const { exports, meter } = runMetered(guest(name), allowance, imports);
  let message = 'it returned';
  try {
    (exports._start as () => void)();
  } catch (error) {
    message = error instanceof WebAssembly.RuntimeError ? error.message : `something it could catch: ${error}`;
  }
  return { message, left: meter.left.value, stack: meter.stack.value, asked: meter.asked };
}

test('a loop without end ends when its fuel does, at the same instruction each time', (t) => {
  const end = untilTrap('loop', { fuel: 1_000_000n });
  t.deepEqual(end, { message: 'unreachable', left: -1n, stack: 500_000, asked: 1 });
  t.deepEqual(untilTrap('loop', { fuel: 1_000_000n }), end);
});

test('recursion without end ends by the count of its frames, and no handler sees it', (t) => {
  const end = untilTrap('recursionCaught', {});
  t.deepEqual(end, { ...untilTrap('recursionCaught', {}), message: 'unreachable', stack: -1, asked: 1 });
});

test('a guest whose end a host function has decided runs no further instruction, whatever it catches', (t) => {
  let calls = 0;
  const meters: { left: { value: bigint } }[] = [];
  const proc_exit = (): void => {
    calls++;
    meters[0]!.left.value = ended;
  };
  const { exports, meter } = runMetered(guest('exitCaught'), {}, { wasi_snapshot_preview1: { proc_exit } });
  meters.push(meter);
  t.throws(exports._start as () => void, { instanceOf: WebAssembly.RuntimeError, message: 'unreachable' });
  t.is(calls, 1);
  t.is(meter.left.value, ended);
});

test('what would block the thread traps', (t) => {
  t.is(untilTrap('wait', {}).message, 'unreachable');
});

test('memory that is refused is told each time, and costs what memory costs that is had', (t) => {
  // (module (memory 1) (func (export "f") (loop (drop (memory.grow (i32.const …))) … eight times)))
  const refusals = (isWide: boolean, pages: readonly number[]) => {
    const grow = [isWide ? 0x42 : 0x41, ...pages, 0x40, 0x00, 0x1a];
    const body = [0x00, 0x03, 0x40, ...Array.from({ length: 8 }, () => grow).flat(), 0x0b, 0x0b];
    const plain = writeBinary('module', [
      { id: 1, payload: vector([0x60, 0, 0]) },
      { id: 3, payload: Uint8Array.of(1, 0) },
      { id: 5, payload: vector([isWide ? 4 : 0, 1]) },
      { id: 7, payload: vector([1, 0x66, 0, 0]) },
      { id: 10, payload: vector([body.length, ...body]) },
    ]);
    const { exports, meter } = runMetered(plain, { fuel: 100_000n });
    (exports.f as () => void)();
    return { refused: meter.refused, asked: meter.asked, left: meter.left.value };
  };
  for (const isWide of [false, true]) {
    const had = refusals(isWide, [1]);
    t.deepEqual([had.refused, had.asked], [0, 0]);
    t.deepEqual(refusals(isWide, [0xd0, 0x0f]), { ...had, refused: 8 });
  }
});

test('arrays are paid by their length before they are made', (t) => {
  const end = untilTrap('largeArrays', { fuel: 1_000_000n });
  t.is(end.message, 'unreachable');
  t.true(end.left < -6_000_000n);
});

test('fuel in slices costs as much as fuel at once', async (t) => {
  const plain = await compileAssemblyScript(program, '--optimize');
  const spent = (slice: bigint): bigint => {
    let granted = slice;
    const refill: Allowance['refill'] = ({ left }) => {
      while (left.value < 0n) {
        left.value += slice;
        granted += slice;
      }
    };
    const { exports, meter } = runMetered(plain, { fuel: slice, refill }, { env: { abort: () => t.fail() } });
    t.is((exports.sum as (count: number) => number)(100), (exports.sum as (count: number) => number)(100));
    t.is(meter.stack.value, 500_000);
    return granted - meter.left.value;
  };
  const whole = spent(1n << 40n);
  t.true(whole > 1000n);
  t.is(spent(1n), whole);
  t.is(spent(37n), whole);
});

test('the same bytes and limits give the same module, which differs by the limits alone', async (t) => {
  const plain = await compileAssemblyScript(program, '--optimize');
  const metered = injectFuel(plain, roomy);
  t.deepEqual(injectFuel(plain, roomy), metered);
  t.notDeepEqual(injectFuel(plain, { ...roomy, memoryPagesMax: 17 }), metered);
});

test('a start function waits for the host to call it', (t) => {
  const plain = writeBinary('module', [
    { id: 1, payload: vector([0x60, 0, 0]) },
    { id: 3, payload: vector([0]) },
    { id: 6, payload: vector([0x7f, 1, 0x41, 0, 0x0b]) },
    { id: 7, payload: vector([1, 0x67, 3, 0]) },
    { id: 8, payload: Uint8Array.of(0) },
    { id: 10, payload: vector([6, 0, 0x41, 7, 0x24, 0, 0x0b]) },
  ]);
  const metered = injectFuel(plain, roomy);
  t.true(WebAssembly.Module.exports(new WebAssembly.Module(metered)).some(({ name }) => name === fuelContract.start));
  t.is((startMetered(metered).exports.g as WebAssembly.Global<number>).value, 7);
});

test('stack traces keep the names of the functions', (t) => {
  const name = [4, ...Buffer.from('name'), 1, 4, 1, 0, 1, 0x66];
  const plain = Uint8Array.from([...moduleAround([0x00]), 0, ...unsigned(name.length), ...name]);
  const metered = injectFuel(plain, roomy);
  t.is(readFunctionNames(readBinary(metered, wasmLimits), wasmLimits)?.entries[0]?.name, 'f');
  const error = t.throws(startMetered(metered).exports.f as () => void, { instanceOf: WebAssembly.RuntimeError });
  t.regex(error.stack!, /at f \(wasm/);
});

test('what would start beyond its limits is refused with both numbers', (t) => {
  const error = t.throws(() => injectFuel(guest('largeMinimum'), roomy), { instanceOf: FuelError });
  t.is(error.code, 'memory-above-limit');
  t.regex(error.message, /65536 pages of memory, 1000 are allowed/);
  const table = t.throws(() => injectFuel(moduleAround([]), { ...roomy, tableElementsMax: 0 }), {
    instanceOf: FuelError,
  });
  t.is(table.code, 'table-above-limit');
});

test('a module that speaks for the meter is refused', (t) => {
  const plain = injectFuel(guest('loop'), roomy);
  t.is(t.throws(() => injectFuel(plain, roomy), { instanceOf: FuelError }).code, 'reserved-name');
});

test('a component is refused by name', (t) => {
  t.is(t.throws(() => injectFuel(writeBinary('component', []), roomy), { instanceOf: FuelError }).code, 'component');
});
