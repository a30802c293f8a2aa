/** Programs made up by chance that are valid and end by themselves. */
import fc from 'fast-check';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { unsigned } from '../wasm/sample-modules.ts';
import { Code, hostFunctions, nesting, type Statement } from './program-code.ts';

/** Functions call those behind them, and themselves with a smaller argument. */
export type Program = readonly (readonly Statement[])[];

const kinds = [
  ...[
    'add',
    'add',
    'store',
    'global',
    'call',
    'call',
    'indirect',
    'self',
    'fill',
    'copy',
    'grow',
    'host',
    'tail',
    'throw',
  ],
  ...['break', 'breakIf', 'breakIf', 'table', 'return', 'returnIf', 'trap', 'carry'],
];

const { statements } = fc.letrec<{ statements: readonly Statement[]; statement: Statement }>((tie) => ({
  statements: fc.array(tie('statement'), { maxLength: 5, depthIdentifier: 'program' }),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'program' },
    fc.record({ kind: fc.constantFrom(...kinds), number: fc.nat(50), body: fc.constant([]), other: fc.constant([]) }),
    fc.record({
      kind: fc.constantFrom(...nesting),
      number: fc.nat(50),
      body: tie('statements'),
      other: tie('statements'),
    }),
  ),
}));

/** Programs of a few functions. */
export const programs: fc.Arbitrary<Program> = fc.array(statements, { minLength: 1, maxLength: 5 });

/** The module of a program: `run` is its first function, `memory`, `sum` and `host.seen` are what it can be seen by. */
export function moduleOf(program: Program, oldExceptions: boolean): Uint8Array {
  const bodies = program.map((statements, number) => new Code(program.length, number, oldExceptions).body(statements));
  const vector = (entries: readonly (readonly number[])[]): Uint8Array =>
    Uint8Array.from([...unsigned(entries.length), ...entries.flat()]);
  const name = (text: string): number[] => [...unsigned(text.length), ...Buffer.from(text)];
  // Each second function is called by its index alone; in its place in the table is the one before it.
  const functions = program.map((_, number) => number - (number % 2) + hostFunctions);
  return writeBinary('module', [
    // 0 the functions, 1 the host's and the tag's, 2 what carries two values over a block, 3 what takes one and gives one
    {
      id: 1,
      payload: vector([
        [0x60, 1, 0x7f, 1, 0x7f],
        [0x60, 1, 0x7f, 0],
        [0x60, 0, 2, 0x7f, 0x7f],
        [0x60, 1, 0x7f, 1, 0x7f],
      ]),
    },
    { id: 2, payload: vector([[...name('host'), ...name('seen'), 0, 1]]) },
    { id: 3, payload: vector(program.map(() => [0])) },
    { id: 4, payload: vector([[0x70, 0, ...unsigned(program.length)]]) },
    { id: 5, payload: vector([[1, 1, 3]]) },
    { id: 13, payload: vector([[0, 1]]) },
    { id: 6, payload: vector([[0x7f, 1, 0x41, 0, 0x0b]]) },
    {
      id: 7,
      payload: vector([
        [...name('run'), 0, hostFunctions],
        [...name('memory'), 2, 0],
        [...name('sum'), 3, 0],
      ]),
    },
    { id: 9, payload: vector([[0, 0x41, 0, 0x0b, ...unsigned(functions.length), ...functions.flatMap(unsigned)]]) },
    { id: 10, payload: vector(bodies.map((body) => [...unsigned(body.length), ...body])) },
  ]);
}
