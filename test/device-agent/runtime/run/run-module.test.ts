import test from 'ava';
import { runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import { type ModuleRequest, runModule } from '../../../../device-agent/runtime/run/run-module.ts';
import { newThread } from '../host/run-guest.ts';
import { buildModule, op, printer } from '../module-builder.ts';
import { newWorld } from '../wasi/guest.ts';
import { newRunThread } from './run-thread.ts';

const unlimited: ModuleRequest = { args: ['app'], memoryPagesMax: 16 };

async function run(bytes: Uint8Array, changes: Partial<ModuleRequest> = {}) {
  const { world, printed } = newWorld();
  const result = await runModule(bytes, { ...unlimited, ...changes }, world, newRunThread());
  return { ...result, printed };
}

/** One exported function that returns an i32 and takes two. */
const adder = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 16, 2, 3, 0x61, 0x64, 0x64, 0, 0, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0],
  ...[10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b],
]);

test('a program ends with its own code, and what it took is told', async (t) => {
  const { end, fuel, peakMemoryBytes, printed } = await run(printer('ahoy\n', op.i32(3), op.call(1)));
  t.deepEqual(end, { kind: 'exited', exitCode: 3 });
  t.deepEqual(printed, ['stdout:ahoy\n']);
  t.true(fuel > 0);
  t.is(peakMemoryBytes, 65_536);
  t.deepEqual((await run(printer('', op.i32(-1), op.call(1)))).end, { kind: 'exited', exitCode: -1 });
  t.deepEqual((await run(printer(''))).end, { kind: 'exited', exitCode: 0 });
});

test('the same program takes the same fuel every time, and ends where that is used up', async (t) => {
  const { fuel } = await run(printer('ahoy\n'));
  t.is((await run(printer('ahoy\n'))).fuel, fuel);
  t.is((await run(printer('ahoy\n'), { fuelMax: fuel })).end.kind, 'exited');
  const forever = buildModule({ functions: { _start: [op.loopForever] } });
  const { end, fuel: used } = await run(forever, { fuelMax: 100_000 });
  t.deepEqual(end, { kind: 'out-of-fuel' });
  t.is(used, 100_000);
});

test('a program takes the fuel that it takes on a device', async (t) => {
  const bytes = printer('ahoy\n', op.i32(3), op.call(1));
  const { guest } = newThread().guest(bytes);
  await guest.work(runByItself);
  t.is((await run(bytes)).fuel, guest.fuelSpent());
});

test('a program whose fuel is gone between two looks at it is out of fuel where it calls the host, and the call is not made', async (t) => {
  const arm = [...Array.from({ length: 30 }, () => [op.i32(1), op.drop]).flat(), op.call(0), op.drop];
  const bytes = buildModule({
    imports: [{ name: 'sched_yield', result: 'i32' }],
    functions: { _start: [op.i32(1), [0x04, 0x40], ...arm, [0x0b]] },
  });
  const { end, fuel } = await run(bytes, { fuelMax: 20 });
  t.deepEqual(end, { kind: 'out-of-fuel' });
  t.is(fuel, 20);
});

test('a program that catches everything ends at proc_exit, by its meter', async (t) => {
  const caught = [op.loop([0x02, 0x40, 0x1f, 0x40, 0x01, 0x02, 0x00, ...op.i32(7), ...op.call(0), 0x0b, 0x0b])];
  const bytes = buildModule({ imports: [{ name: 'proc_exit', params: ['i32'] }], functions: { _start: caught } });
  t.deepEqual((await run(bytes)).end, { kind: 'exited', exitCode: 7 });
});

test('calls that are nested without end are a trap and no exhausted host', async (t) => {
  const bytes = buildModule({ functions: { _start: [op.call(0)] } });
  const { end } = await run(bytes);
  t.is(end.kind, 'trapped');
  t.regex((end as { message: string }).message, /^trap: stack overflow in function 0 < function 0/);
});

test('a program whose memory is used up is told from one that traps', async (t) => {
  const grow = [op.i32(16), [0x40, 0x00], op.drop];
  const full = await run(buildModule({ functions: { _start: [...grow, op.unreachable] } }));
  t.is(full.end.kind, 'out-of-memory');
  t.is(full.peakMemoryBytes, 65_536);
  t.is((await run(buildModule({ functions: { _start: [op.unreachable] } }))).end.kind, 'trapped');
  const large = await run(buildModule({ functions: { _start: [] } }), { memoryPagesMax: 0 });
  t.is(large.end.kind, 'out-of-memory', 'it starts with more than it may have');
});

test('what no device would run is refused by name, and nothing of it runs', async (t) => {
  const gpio = buildModule({ imports: [{ module: 'env', name: 'gpio' }], functions: { _start: [op.call(0)] } });
  const { end, fuel } = await run(gpio);
  t.is(end.kind, 'refused');
  t.regex((end as { message: string }).message, /env\.gpio/);
  t.is(fuel, 0);
  t.is((await run(Uint8Array.of(1, 2, 3))).end.kind, 'refused');
  t.is((await run(adder)).end.kind, 'refused', 'it has no entry');
});

test('an export is called with values as its parameters want them', async (t) => {
  const call = async (...args: string[]) => (await run(adder, { invoke: 'add', args: ['app', ...args] })).end;
  t.deepEqual(await call('3', '-5'), { kind: 'returned', results: ['-2'] });
  t.deepEqual(await call('4294967295', '0'), { kind: 'returned', results: ['-1'] });
  t.deepEqual(await call('1'), { kind: 'refused', message: 'add takes (i32, i32), not 1 values' });
  t.deepEqual(await call('1', '2.5'), { kind: 'refused', message: '"2.5" is no i32' });
  t.deepEqual(await call('1', ''), { kind: 'refused', message: '"" is no i32' });
  const { end } = await run(adder, { invoke: 'sub' });
  t.deepEqual(end, { kind: 'refused', message: 'it exports no function sub; it exports add' });
});

test('a module that imports its memory gets one of the size it asks for', async (t) => {
  // fd_write of what a data segment has put into the memory that env gives.
  const own = printer('ahoy\n');
  const withImport = importingMemory(own);
  t.true(WebAssembly.validate(withImport));
  const { end, printed, peakMemoryBytes } = await run(withImport);
  t.deepEqual(end, { kind: 'exited', exitCode: 0 });
  t.deepEqual(printed, ['stdout:ahoy\n']);
  t.is(peakMemoryBytes, 65_536);
});

/** The module of `printer` with its memory section and export taken out and an import of env.memory put in. */
function importingMemory(bytes: Uint8Array): Uint8Array {
  const sections: { id: number; payload: number[] }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at]!;
    const length = bytes[at + 1]!;
    sections.push({ id, payload: [...bytes.subarray(at + 2, at + 2 + length)] });
    at += 2 + length;
  }
  const changed = sections.flatMap(({ id, payload }) => {
    if (id === 5) return [];
    if (id === 2) {
      const memory = [3, ...Buffer.from('env'), 6, ...Buffer.from('memory'), 2, 0, 1];
      return [{ id, payload: [payload[0]! + 1, ...payload.slice(1), ...memory] }];
    }
    if (id === 7) return [{ id, payload: [1, 6, ...Buffer.from('_start'), 0, 2] }];
    return [{ id, payload }];
  });
  const bodies = changed.flatMap(({ id, payload }) => [id, payload.length, ...payload]);
  return Uint8Array.from([...bytes.subarray(0, 8), ...bodies]);
}
