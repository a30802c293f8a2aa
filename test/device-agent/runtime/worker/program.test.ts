import test from 'ava';
import { type ProgramEnd, runProgram } from '../../../../device-agent/runtime/worker/program.ts';
import { buildModule, op, printer } from '../module-builder.ts';
import { newWorld } from '../wasi/guest.ts';

function run(bytes: Uint8Array): { end: ProgramEnd; printed: string; starts: number } {
  const { world, printed } = newWorld();
  let starts = 0;
  const end = runProgram(bytes, world, () => {
    starts += 1;
  });
  return { end, printed: printed.map((line) => line.replace(/^stdout:/, '')).join(''), starts };
}

test('runProgram() ends with 0 when _start returns, and with the code that proc_exit was given', (t) => {
  t.deepEqual(run(printer('ahoy\n')), { end: { kind: 'exited', exitCode: 0 }, printed: 'ahoy\n', starts: 1 });
  t.deepEqual(run(printer('', op.i32(3), op.call(1))).end, { kind: 'exited', exitCode: 3 });
});

test('runProgram() names the trap', (t) => {
  t.deepEqual(run(printer('', op.unreachable)).end, { kind: 'trapped', message: 'trap: unreachable' });
});

test('runProgram() refuses an import of anything beyond WASI and runs nothing of the module', (t) => {
  const abort = buildModule({ imports: [{ module: 'env', name: 'abort' }], functions: { _start: [] } });
  const { end, starts } = run(abort);
  t.is(starts, 0);
  t.is(end.kind === 'refused' && end.message.split(';')[0], 'it imports the function env.abort');
  const unknown = buildModule({ imports: [{ name: 'path_sendfile' }], functions: { _start: [] } });
  t.is(run(unknown).end.kind, 'refused');
});

test('runProgram() refuses what is no module, what cannot be started and what hides its memory', (t) => {
  t.is(run(new Uint8Array([1, 2, 3])).end.kind, 'refused');
  t.is(run(buildModule({ functions: { main: [] } })).end.kind, 'refused');
  t.is(run(buildModule({ functions: { _start: [] }, memory: 'hidden' })).end.kind, 'refused');
});

test('runProgram() keeps a reactor after _initialize', (t) => {
  t.deepEqual(run(buildModule({ functions: { _initialize: [] } })).end, { kind: 'resident' });
  t.is(run(buildModule({ functions: { _initialize: [op.unreachable] } })).end.kind, 'trapped');
});
