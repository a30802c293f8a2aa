import test from 'ava';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { unsigned } from '../wasm/sample-modules.ts';
import { runMetered } from './metered-run.ts';

/** What a device gives a guest of the 984 KiB that the engine gives a stack. */
const stack = 640 * 1024;

const vector = (entries: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...unsigned(entries.length), ...entries.flat()]);

interface Value {
  readonly name: string;
  readonly type: number;
  /** Makes one out of nothing, and drops one while it is looked at. */
  readonly make: readonly number[];
}

const values: readonly Value[] = [
  { name: 'i32', type: 0x7f, make: [0x3f, 0] },
  { name: 'i64', type: 0x7e, make: [0x3f, 0, 0xad] },
  { name: 'f64', type: 0x7c, make: [0x3f, 0, 0xb7] },
  { name: 'v128', type: 0x7b, make: [0x3f, 0, 0xfd, 0x11] },
];

/** A function that calls itself for ever, through `via`, with so many parameters, locals and operands that outlive the call. */
function endless(
  { type, make }: Value,
  params: number,
  locals: number,
  operands: number,
  via: 'itself' | 'another' | 'a table',
) {
  const times = (count: number, one: (i: number) => readonly number[]): number[] =>
    Array.from({ length: count }, (_, i) => one(i)).flat();
  const set = (i: number): number[] => [0x21, ...unsigned(params + i)];
  const get = (i: number): number[] => [0x20, ...unsigned(params + i)];
  const call = { itself: [0x10, 0], another: [0x10, 1], 'a table': [0x41, 0, 0x11, 0, 0] }[via];
  const body = (callee: readonly number[]): number[] => [
    ...[1, ...unsigned(locals), type],
    ...times(locals, (i) => [...make, ...set(i)]),
    ...times(operands, () => make),
    ...times(params, () => make),
    ...callee,
    ...times(operands, () => [0x1a]),
    ...times(locals, (i) => [...get(i), 0x1a]),
    ...[...times(locals, (i) => [...get(i), ...set((i + 1) % locals)]), 0x0b],
  ];
  const bodies = [body(call), body([0x10, 0]), [0, ...times(params, () => make), 0x10, 0, 0x0b]];
  return writeBinary('module', [
    {
      id: 1,
      payload: vector([
        [0x60, ...unsigned(params), ...times(params, () => [type]), 0],
        [0x60, 0, 0],
      ]),
    },
    { id: 3, payload: vector([[0], [0], [1]]) },
    { id: 4, payload: vector([[0x70, 0, 2]]) },
    { id: 5, payload: vector([[0, 1]]) },
    { id: 7, payload: vector([[4, ...Buffer.from('_run'), 0, 2]]) },
    { id: 9, payload: vector([[0, 0x41, 0, 0x0b, 2, 0, 1]]) },
    { id: 10, payload: vector(bodies.map((one) => [...unsigned(one.length), ...one])) },
  ]);
}

for (const via of ['itself', 'another', 'a table'] as const) {
  for (const value of values) {
    test(`recursion through ${via} with frames full of ${value.name} ends by the count, never by the engine's own limit`, (t) => {
      for (const [params, locals, operands] of [
        [0, 0, 0],
        [2, 3, 1],
        [40, 1, 0],
        [1, 300, 0],
        [0, 1, 400],
        [90, 900, 900],
      ] as const) {
        const { exports, meter } = runMetered(endless(value, params, locals, operands, via), { stack });
        // The first rounds run code of the engine's first compiler, the later ones of its second.
        for (let round = 0; round < 40; round++) {
          meter.stack.value = stack;
          const error = t.throws(exports._run as () => void, { any: true });
          t.is(
            error instanceof WebAssembly.RuntimeError ? error.message : String(error),
            'unreachable',
            `${params} ${locals} ${operands}`,
          );
          t.is(meter.stack.value, -1);
        }
      }
    });
  }
}
