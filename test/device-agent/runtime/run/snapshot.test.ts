import test from 'ava';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../../../../artifact/snapshot/snapshot.ts';
import { type ModuleRequest, runModule } from '../../../../device-agent/runtime/run/run-module.ts';
import { buildModule, op, printer } from '../module-builder.ts';
import { newWorld } from '../wasi/guest.ts';
import { newRunThread } from './run-thread.ts';

async function run(bytes: Uint8Array, changes: Partial<ModuleRequest>) {
  const { world } = newWorld();
  const request = { args: ['app'], memoryPagesMax: 16, ...changes };
  return runModule(bytes, request, world, newRunThread());
}

const leb = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const text = (value: string): number[] => leb([...Buffer.from(value)]);
const section = (id: number, ...items: (readonly number[])[]): number[] => [
  id,
  ...leb([items.length, ...items.flat()]),
];
const byteAt = 8;
const grown = [0x41, 1, 0x40, 0, 0x1a];
const addToGlobal = [0x23, 0, 0x42, 5, 0x7c, 0x24, 0];
const addToMemory = [0x41, byteAt, 0x41, byteAt, 0x2d, 0, 0, 0x41, 1, 0x6a, 0x3a, 0, 0];
const result = [0x23, 0, 0x41, byteAt, 0x31, 0, 0, 0x7c];

/**
 * A reactor whose `count` adds 5 to a global that it does not export, 1 to a byte of its memory, grows that, and gives the sum of
 * both; `swap` changes its table. `globals` are what it has, as bytes.
 */
function counter(globals: readonly number[][] = [[0x7e, 1, 0x42, 0, 0x0b]]): Uint8Array {
  const body = (...code: number[][]) => leb([0, ...code.flat(), 0x0b]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 0, 1, 0x7e], [0x60, 0, 0]),
    ...section(3, [0], [1], [1]),
    ...section(4, [0x70, 0, 1]),
    ...section(5, [0, 1]),
    ...section(6, ...globals),
    ...section(
      7,
      [...text('count'), 0, 0],
      [...text('swap'), 0, 1],
      [...text('_initialize'), 0, 2],
      [...text('memory'), 2, 0],
    ),
    ...section(9, [0, 0x41, 0, 0x0b, 1, 0]),
    ...section(
      10,
      body(addToGlobal, addToMemory, grown, result),
      body([0x41, 0, 0xd0, 0x70, 0x26, 0]),
      body([0x41, byteAt, 0x41, 40, 0x3a, 0, 0]),
    ),
  ]);
}

test('an instance goes on in another one where it was: memory, grown memory, and globals that it shows nobody', async (t) => {
  const first = await run(counter(), { invoke: 'count', isCaptured: true });
  t.deepEqual(first.end, { kind: 'returned', results: ['46'] });
  const second = await run(counter(), { invoke: 'count', isCaptured: true, restore: first.snapshot! });
  t.deepEqual(second.end, { kind: 'returned', results: ['52'] }, 'it is not started again: _initialize would set 40');
  t.is(second.peakMemoryBytes, 3 * 65_536);
  t.deepEqual((await run(counter(), { invoke: 'count', restore: second.snapshot! })).end, {
    kind: 'returned',
    results: ['58'],
  });
  t.true(second.snapshot!.length < 1000, `${second.snapshot!.length} bytes`);
});

test('a snapshot is of one module, and of as much memory as there may be', async (t) => {
  const { snapshot } = await run(counter(), { invoke: 'count', isCaptured: true });
  const other = counter([[0x7e, 1, 0x42, 1, 0x0b]]);
  const restored = async (module: Uint8Array, changes: Partial<ModuleRequest>) => {
    const { end } = await run(module, { invoke: 'count', restore: snapshot!, ...changes });
    return 'message' in end ? end.message : end.kind;
  };
  t.regex(await restored(other, {}), /^the snapshot does not fit: it is of the module \w{12}, this is/);
  t.regex(
    await restored(counter(), { memoryPagesMax: 1 }),
    /^the snapshot does not fit: it has 2 pages of memory, 1 may/,
  );
  t.regex(await restored(counter(), { restore: Buffer.from('no') }), /^the snapshot does not fit: it is no snapshot/);
});

test('a state is gone on from by a newer agent, which meters otherwise, unless globals have other numbers there', async (t) => {
  const { snapshot } = await run(counter(), { invoke: 'count', isCaptured: true });
  const ofAnother = (changes: Partial<Snapshot>) =>
    run(counter(), { invoke: 'count', restore: encodeSnapshot({ ...decodeSnapshot(snapshot!, 1024), ...changes }) });
  t.is((await ofAnother({ rewriter: 1 })).end.kind, 'returned');
  const { globals } = decodeSnapshot(snapshot!, 1024);
  const moved = Object.fromEntries(
    Object.entries(globals).map(([name, value]) => [name.replace(/\d+$/, (at) => `${Number(at) + 1}`), value]),
  );
  t.like((await ofAnother({ rewriter: 1, globals: moved })).end, {
    message: 'the snapshot does not fit: it has other globals than the module',
  });
});

test('what can not be carried to another instance is refused with its reason', async (t) => {
  const refused = async (module: Uint8Array, invoke?: string) => {
    const { end, snapshot } = await run(module, { isCaptured: true, ...(invoke === undefined ? {} : { invoke }) });
    t.is(snapshot, undefined);
    return 'message' in end ? end.message : end.kind;
  };
  t.regex(await refused(counter(), 'swap'), /it changed a table of references/);
  const vector = counter([
    [0x7e, 1, 0x42, 0, 0x0b],
    [0x7b, 1, 0xfd, 12, ...new Array(16).fill(0), 0x0b],
  ]);
  t.regex(await refused(vector, 'count'), /its global \d+ may change and is no i32, i64, f32 or f64/);
  t.regex(await refused(printer('ahoy\n')), /name the export to call \(--invoke\)/);
  const opening = buildModule({
    imports: [{ name: 'fd_renumber', params: ['i32', 'i32'], result: 'i32' }],
    functions: { _initialize: [], go: [op.i32(2), op.i32(1), op.call(0), op.drop] },
  });
  t.regex(await refused(opening, 'go'), /it holds other descriptors than it began with: 1, 2/);
});
