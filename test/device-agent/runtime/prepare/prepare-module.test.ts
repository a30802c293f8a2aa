import test from 'ava';
import { judgeModule } from '../../../../artifact/admission/judge-module.ts';
import type { ModuleProblemCode } from '../../../../artifact/admission/verdict.ts';
import { writeBinary } from '../../../../artifact/wasm/write/module.ts';
import { prepareModule } from '../../../../device-agent/runtime/prepare/prepare-module.ts';
import { commandAround } from '../../../artifact/admission/commands.ts';
import { unsigned } from '../../../artifact/wasm/sample-modules.ts';
import { buildModule } from '../module-builder.ts';

const repeated = (count: number, ...bytes: number[]): number[] => new Array<number[]>(count).fill(bytes).flat();
const locals = (count: number, type: number): number[] => [1, ...unsigned(count), type];
const elements = (count: number): number[] => [0x70, 0, ...unsigned(count)];
const spinning = [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b];
/** A block of 64 numbers that ends the run instead: values for nothing. */
const promised = [0x02, 1, 0x00, 0x0b];
const sixtyFour = [0x60, 0, 64, ...repeated(64, 0x7f)];

const nameOf = (text: string): number[] => [text.length, ...Buffer.from(text)];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];

/** A command beside a function that calls itself with a thousand values, as many as the engine takes. */
function recursionOfMany(): Uint8Array {
  const many = [0x60, ...unsigned(1000), ...repeated(1000, 0x7f), 0];
  const body = [0, ...repeated(16, ...promised), ...repeated(24, 0x1a), 0x10, 1, 0x0b];
  const section = (id: number, ...bytes: number[]) => ({ id, payload: Uint8Array.from(bytes) });
  return writeBinary('module', [
    section(1, 3, 0x60, 0, 0, ...sixtyFour, ...many),
    section(3, 2, 0, 2),
    section(5, 1, 0, 1),
    section(7, 2, ...nameOf('_start'), 0, 0, ...nameOf('memory'), 2, 0),
    section(10, 2, ...sized([0, 0x0b]), ...sized(body)),
  ]);
}

const taken: Readonly<Record<string, Uint8Array>> = {
  'a stack frame that is just small enough': commandAround({ locals: locals(32_752, 0x7f) }),
  'one with vectors': commandAround({ locals: locals(16_376, 0x7b) }),
  'bulk operations in a row, whose operands go': commandAround({
    body: repeated(20_000, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0),
  }),
  'vectors added up in a row': commandAround({
    body: [...[0xfd, 0x0c, ...repeated(16, 0)], ...repeated(20_000, 0xfd, 0x0c, ...repeated(16, 0), 0xfd, 0x6e), 0x1a],
  }),
  'operands that are never put there': commandAround({
    body: repeated(2000, 0x02, 0x40, ...repeated(20, 0x41, 0), 0x0c, 0, 0x0b),
  }),
  'many loops': commandAround({ body: repeated(20_000, ...spinning) }),
  'a function of as many parameters as may be that calls itself': recursionOfMany(),
  'all the elements that tables may have': commandAround({ tables: [elements(60_000), elements(40_000)] }),
  'values that a block promises': commandAround({ types: [sixtyFour], body: [...promised, ...repeated(64, 0x1a)] }),
};

const refused: readonly (readonly [ModuleProblemCode, Uint8Array])[] = [
  ['TOO_LARGE', commandAround({ locals: locals(32_753, 0x7f) })],
  ['TOO_LARGE', commandAround({ locals: locals(16_377, 0x7b) })],
  ['TOO_LARGE', commandAround({ body: [...repeated(32_753, 0x41, 0), ...repeated(32_753, 0x1a)] })],
  ['TOO_LARGE', commandAround({ body: repeated(300_000, ...spinning) })],
  ['TOO_MANY', commandAround({ tables: [elements(60_000), elements(40_001)] })],
  ['RESERVED_NAME', buildModule({ functions: { _start: [], 'fleet:start': [] } })],
  ['NOT_VALID', commandAround({ body: [0x41, 0, 0x41, 0] })],
  ['NOT_VALID', commandAround({ body: [0x0b] })],
];

/** A command whose instances are given all that these sections say, each with so many zeros behind it. */
function filledCommand(sections: Readonly<Record<number, readonly [readonly number[], number]>>): Uint8Array {
  const all = {
    1: [[1, 0x60, 0, 0], 0],
    3: [[1, 0], 0],
    4: [[1, 0x70, 0, ...unsigned(1000)], 0],
    5: [[1, 0, ...unsigned(64)], 0],
    7: [exported(0), 0],
    10: [[1, ...sized([0, 0x0b])], 0],
    ...sections,
  } satisfies Readonly<Record<number, readonly [readonly number[], number]>>;
  const payload = ([bytes, zeros]: readonly [readonly number[], number]) =>
    Buffer.concat([Uint8Array.from(bytes), new Uint8Array(zeros)]);
  return writeBinary(
    'module',
    Object.entries(all).map(([id, contents]) => ({ id: Number(id), payload: payload(contents) })),
  );
}

const exported = (count: number): number[] => [
  ...[...unsigned(count + 2), ...nameOf('_start'), 0, 0, ...nameOf('memory'), 2, 0],
  ...Array.from({ length: count }, (_, at) => [...nameOf(`f${at}`), 0, 0]).flat(),
];
/** Segments of zeros: the first function each, or the first byte. */
const active = (count: number) => [[1, 0, 0x41, 0, 0x0b, ...unsigned(count)], count] as const;
const passiveElements = (count: number) => [[1, 1, 0, ...unsigned(count)], count] as const;
const passiveData = (count: number) => [[1, 1, ...unsigned(count)], count] as const;

test('a module whose instances take long to make keeps no thread from its neighbours', (t) => {
  const shares = (sections: Parameters<typeof filledCommand>[0]): boolean => {
    const preparation = prepareModule(filledCommand(sections), 1024);
    if (preparation.kind === 'refused') throw new Error(preparation.message);
    return preparation.traits.ownProcess.length === 0;
  };
  t.true(shares({ 7: [exported(1000), 0], 9: active(10_000), 11: active(300_000) }));
  t.false(shares({ 7: [exported(3000), 0] }));
  t.false(shares({ 4: [[1, 0x70, 0, ...unsigned(60_000)], 0] }));
  t.false(shares({ 9: active(60_000) }));
  t.false(shares({ 11: active(2_500_000) }));
  t.true(shares({ 9: passiveElements(60_000), 11: passiveData(2_500_000) }), 'what is put there by code is paid for');
});

test('a module that may fill much memory at once keeps no thread from its neighbours', (t) => {
  const reasons = (body: readonly number[], pages: number): readonly string[] => {
    const preparation = prepareModule(commandAround({ body }), pages);
    return preparation.kind === 'prepared' ? preparation.traits.ownProcess : [preparation.message];
  };
  const fill = [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0];
  t.deepEqual(reasons(fill, 1024), []);
  t.deepEqual(reasons(fill, 2048), ['one instruction of its module may fill the 128 MiB that its memory may have']);
  t.deepEqual(reasons([0x41, 0, 0x1a], 2048), []);
});

test('what admission takes is made ready', (t) => {
  for (const [what, module] of Object.entries(taken)) {
    t.is(judgeModule(module).kind, 'runs', what);
    t.like(prepareModule(module, 1024), { kind: 'prepared' }, what);
  }
});

test('what can not be made ready is refused by admission, and where it is made ready in the same words', (t) => {
  for (const [code, module] of refused) {
    const verdict = judgeModule(module);
    const problem = verdict.kind === 'refused' ? verdict.problems[0] : undefined;
    t.is(problem?.code, code);
    t.deepEqual(prepareModule(module, 1024), { kind: 'refused', message: problem?.message ?? '' });
  }
});

test('why the engine refuses a module is told without what its names would do to a terminal', (t) => {
  const name = [4, ...Buffer.from('name'), 1, 8, 1, 0, 5, ...Buffer.from('\u001b[31m')];
  const wrong = commandAround({ body: [0x41, 0] });
  const verdict = judgeModule(Uint8Array.from([...wrong, 0, ...unsigned(name.length), ...name]));
  const message = verdict.kind === 'refused' ? verdict.problems[0].message : '';
  t.regex(message, /^it is not valid WebAssembly: Compiling function #0:"·\[31m" failed/);
});
