import test from 'ava';
import { judgeLinkedModule, judgeModule } from '../../../artifact/admission/judge-module.ts';
import { admissionLimits } from '../../../artifact/admission/limits.ts';
import type { ModuleProblem, ModuleProblemCode } from '../../../artifact/admission/verdict.ts';
import { preview1Functions } from '../../../artifact/admission/wasi-functions.ts';
import { buildModule, op, printer } from '../../device-agent/runtime/module-builder.ts';
import { commandAround } from './commands.ts';

const problemsOf = (bytes: Uint8Array): readonly ModuleProblem[] => {
  const verdict = judgeModule(bytes);
  return verdict.kind === 'refused' ? verdict.problems : [];
};

const codesOf = (bytes: Uint8Array): ModuleProblemCode[] => problemsOf(bytes).map(({ code }) => code);

test('a command of preview 1 runs, and what it starts with is told', (t) => {
  t.deepEqual(judgeModule(printer('hello')), {
    kind: 'runs',
    entry: 'command',
    needs: [],
    start: { memoryPages: 1, tableElements: 0 },
    imports: ['wasi_snapshot_preview1'],
  });
});

test('a module with _initialize is a reactor, one with neither is refused', (t) => {
  t.like(judgeModule(buildModule({ functions: { _initialize: [] } })), { kind: 'runs', entry: 'reactor' });
  t.deepEqual(codesOf(buildModule({ functions: { run: [] } })), ['NO_ENTRY']);
  const exit = [{ name: 'proc_exit', params: ['i32'] }] as const;
  t.deepEqual(codesOf(buildModule({ imports: exit, functions: { _start: [] }, memory: 'hidden' })), ['NO_MEMORY']);
  t.like(
    judgeModule(buildModule({ functions: { _start: [] }, memory: 'hidden' })),
    { kind: 'runs' },
    'nothing asks for it',
  );
});

test('a module that exports by a name of its host is refused, alone or linked: what stands before a link has one, too', (t) => {
  for (const name of ['fleet:slots', 'fleet:memory:1', 'fleet:global:0', 'fleet:left']) {
    const module = buildModule({ functions: { _initialize: [], [name]: [] } });
    t.deepEqual(codesOf(module), ['RESERVED_NAME'], name);
    t.like(judgeLinkedModule(module), { kind: 'refused' });
  }
  t.deepEqual(codesOf(buildModule({ functions: { _initialize: [], fleet_export_state: [] } })), []);
});

test('preview 1 has its 46 functions', (t) => {
  t.is(preview1Functions.length, 46);
});

test('an import that no device has is refused with its name and where it stands, and where it comes from where that is known', (t) => {
  const importing = (module: string, name: string) =>
    buildModule({ imports: [{ module, name }], functions: { _start: [op.call(0)] } });
  const [problem] = problemsOf(importing('env', 'gpio'));
  t.like(problem, { code: 'UNKNOWN_IMPORT', offset: 20 });
  t.regex(problem?.message ?? '', /^it imports function env\.gpio; /);
  t.regex(problemsOf(importing('gojs', 'runtime.wasmExit'))[0]?.message ?? '', /GOOS=wasip1/);
  t.regex(problemsOf(importing('e\u001bnv', 'x\ny'))[0]?.message ?? '', /e·nv\.x·y/);
});

test('what one toolchain imports under many names is one problem, which says what to build instead', (t) => {
  const importing = (...names: readonly (readonly [string, string])[]) =>
    problemsOf(buildModule({ imports: names.map(([module, name]) => ({ module, name })), functions: { _start: [] } }));
  const component = ['wasi:io/poll@0.2.6', 'wasi:io/streams@0.2.6', 'wasi:cli/stdin@0.2.6', 'wasi:cli/stderr@0.2.6'];
  const [one, ...others] = importing(...component.map((module) => [module, 'f'] as const));
  t.regex(
    one?.message ?? '',
    /@0\.2\.6\.f and 1 more of 4 modules; .* \(this is WASI 0\.2, .*; build it for wasm32-wasip1\)$/,
  );
  t.deepEqual(others, []);
  const addon = importing(
    ['env', 'napi_create_error'],
    ['emnapi', 'emnapi_get_node_version'],
    ['wasi', 'thread-spawn'],
  );
  t.deepEqual(
    addon.map(({ message }) => /\(this is (.*?)[,;]/.exec(message)?.[1]),
    ['an addon for Node', 'WASI threads'],
  );
  t.regex(importing(['env', '__memory_base'], ['GOT.mem', 'x'])[0]?.message ?? '', /link it statically/);
  const hint = (...names: readonly string[]) => importing(...names.map((name) => ['env', name] as const))[0]?.message;
  t.regex(hint('__cxa_throw', 'emscripten_resize_heap') ?? '', /this is Emscripten/);
  t.regex(hint('__cxa_throw', '_Unwind_CallPersonality') ?? '', /this is C\+\+ .*-fno-exceptions\)$/);
  t.regex(hint('setjmp', 'longjmp') ?? '', /this is C .*-lsetjmp\)$/);
  const sockets = importing(['wasi_snapshot_preview1', 'sock_open'], ['wasix_32v1', 'sock_connect'])[0]?.message ?? '';
  t.regex(
    sockets,
    /sock_open, function wasix_32v1\.sock_connect.*sockets of their own; open \/net\/tcp\/HOST:PORT instead\)$/,
  );
  const linked = (module: string, name: string) =>
    judgeLinkedModule(buildModule({ imports: [{ module, name }], functions: { _start: [] } })).kind;
  t.deepEqual([linked('gojs', 'debug'), linked('a', 'b'), linked('codec', 'encode')], ['refused', 'runs', 'runs']);
});

test('a hundred imports of one stranger are one problem, and strangers are told up to a number', (t) => {
  const imports = Array.from({ length: 100 }, (_, at) => ({ module: 'env', name: `f${at}` }));
  const [problem, ...others] = problemsOf(buildModule({ imports, functions: { _start: [] } }));
  t.regex(problem?.message ?? '', /function env\.f0, function env\.f1, function env\.f2 and 97 more of env/);
  t.deepEqual(others, []);
  const strangers = imports.map(({ name }) => ({ module: name, name }));
  const problems = problemsOf(buildModule({ imports: strangers, functions: { _start: [] } }));
  t.is(problems.length, 12);
  t.regex(problems.at(-1)?.message ?? '', /88 more problems are not listed/);
});

test('a function of preview 1 is taken with its signature only, that of its elder too', (t) => {
  const seek = (module: string, params: readonly ('i32' | 'i64')[]) =>
    buildModule({ imports: [{ module, name: 'fd_seek', params, result: 'i32' }], functions: { _start: [] } });
  t.like(judgeModule(seek('wasi_snapshot_preview1', ['i32', 'i64', 'i32', 'i32'])), { kind: 'runs', needs: [] });
  t.like(judgeModule(seek('wasi_unstable', ['i32', 'i64', 'i32', 'i32'])), { kind: 'runs', needs: ['wasi-unstable'] });
  const [problem] = problemsOf(seek('wasi_snapshot_preview1', ['i32', 'i32', 'i32', 'i32']));
  t.is(problem?.code, 'WRONG_SIGNATURE');
  t.regex(problem?.message ?? '', /as \(i32, i32, i32, i32\) -> i32; devices have \(i32, i64, i32, i32\) -> i32/);
  const accept = {
    module: 'wasi_unstable',
    name: 'sock_accept',
    params: ['i32', 'i32', 'i32'],
    result: 'i32',
  } as const;
  t.deepEqual(codesOf(buildModule({ imports: [accept], functions: { _start: [] } })), ['UNKNOWN_IMPORT']);
});

test('what fills the heap of the engine needs a process of its own', (t) => {
  const needs = (types: number[][], tags: number[][] = []) => judgeModule(commandAround({ types, tags }));
  t.like(needs([[0x5e, 0x7e, 1]]), { needs: ['own-process'] }, 'an array');
  t.like(needs([[0x5f, 0]]), { needs: ['own-process'] }, 'a struct');
  t.like(needs([[0x60, 1, 0x69, 0]], [[0, 1]]), { needs: ['own-process'] }, 'an exception that carries one');
  t.like(needs([[0x60, 1, 0x7f, 0]], [[0, 1]]), { needs: [] }, 'an exception that carries a number');
  t.like(
    needs([[0x60, 9, ...new Array(9).fill(0x7e), 0]], [[0, 1]]),
    { needs: ['own-process'] },
    'one that carries many',
  );
  for (const type of [[0x69], [0x63, 0x69]]) {
    t.like(judgeModule(commandAround({ tables: [[...type, 0, 1]] })), { needs: ['own-process'] }, 'a table of them');
    const global = [...type, 1, 0xd0, 0x69, 0x0b];
    t.like(judgeModule(commandAround({ globals: [global] })), { needs: ['own-process'] }, 'a global of them');
  }
});

test('memories are judged by what they take at the start, and their kinds are told', (t) => {
  const pages = admissionLimits.memoryPagesMax;
  t.like(judgeModule(commandAround({ memory: [0, ...unsigned(pages)] })), { start: { memoryPages: pages } });
  t.deepEqual(codesOf(commandAround({ memory: [0, ...unsigned(pages + 1)] })), ['TOO_MANY']);
  t.like(judgeModule(commandAround({ memory: [4, 1] })), { needs: ['memory64'] });
  t.like(judgeModule(commandAround({ memory: [3, 1, 1] })), { needs: ['shared-memory'] });
  const huge = [4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
  t.deepEqual(codesOf(commandAround({ memory: huge })), ['TOO_MANY']);
});

test('tables are judged by what they take at the start', (t) => {
  const elements = admissionLimits.tableElementsMax / 10;
  const tables = (count: number, each: number) => Array.from({ length: count }, () => [0x6f, 0, ...unsigned(each)]);
  t.like(judgeModule(commandAround({ tables: tables(10, elements) })), { start: { tableElements: 10 * elements } });
  t.deepEqual(codesOf(commandAround({ tables: tables(10, elements + 1) })), ['TOO_MANY']);
  t.deepEqual(codesOf(commandAround({ tables: tables(admissionLimits.tablesMax + 1, 1) })), ['TOO_MANY']);
});

const repeated = (count: number, bytes: readonly number[]): number[] => new Array(count).fill(bytes).flat();
const branching = [0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b];

test('blocks may nest as deep as the limit, and no deeper', (t) => {
  const nest = (depth: number) =>
    commandAround({ body: [...repeated(depth, [0x02, 0x40]), ...repeated(depth, [0x0b])] });
  t.is(judgeModule(nest(admissionLimits.nestingMax)).kind, 'runs');
  t.deepEqual(codesOf(nest(admissionLimits.nestingMax + 1)), ['TOO_DEEP']);
});

test('branches among many locals, or many operands, are refused before a compiler copies them', (t) => {
  const locals = [1, ...unsigned(32_000), 0x7f];
  t.is(judgeModule(commandAround({ locals, body: repeated(100, branching) })).kind, 'runs');
  t.deepEqual(codesOf(commandAround({ locals, body: repeated(1100, branching) })), ['COSTS_TOO_MUCH']);
  const operands = (blocks: number) => [
    ...repeated(32_000, [0x41, 0]),
    ...repeated(blocks, branching),
    ...repeated(32_000, [0x1a]),
  ];
  t.is(judgeModule(commandAround({ body: operands(100) })).kind, 'runs');
  t.deepEqual(codesOf(commandAround({ body: operands(1100) })), ['COSTS_TOO_MUCH']);
});

test('a body is judged by its bytes, locals by their number, functions by theirs', (t) => {
  const { bodyBytesMax, localsMax, functionsMax } = admissionLimits;
  t.is(judgeModule(commandAround({ body: repeated(bodyBytesMax - 2, [0x01]) })).kind, 'runs');
  t.deepEqual(codesOf(commandAround({ body: repeated(bodyBytesMax - 1, [0x01]) })), ['TOO_LARGE']);
  t.deepEqual(codesOf(commandAround({ locals: [1, ...unsigned(localsMax), 0x7f] })), ['TOO_LARGE'], 'its frame');
  t.deepEqual(codesOf(commandAround({ locals: [1, ...unsigned(localsMax + 1), 0x7f] })), ['TOO_MANY']);
  t.is(judgeModule(commandAround({ functions: functionsMax })).kind, 'runs');
  t.true(codesOf(commandAround({ functions: functionsMax + 1 })).includes('TOO_MANY'));
});

test('a component is told as such', (t) => {
  t.deepEqual(codesOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)), ['IS_COMPONENT']);
});

test('what is no Wasm is refused at the byte that is wrong', (t) => {
  t.like(problemsOf(Buffer.from('#!/bin/sh'))[0], { code: 'NOT_WASM', offset: 0 });
  t.like(problemsOf(printer('hello').subarray(0, -1))[0], { code: 'NOT_WASM' });
});

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 128))];
}
