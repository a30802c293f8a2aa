import test from 'ava';
import { judgeApplication } from '../../../artifact/linking/judge-application.ts';
import { type ModuleUse, moduleUse } from '../../../artifact/linking/module-use.ts';
import { buildModule, op } from '../../device-agent/runtime/module-builder.ts';

const codec = buildModule({
  functions: { encode: [op.i32(1)] },
  signatures: { encode: { params: ['i32'], result: 'i32' } },
  memory: 'hidden',
});
const importing = (module: string) => [{ module, name: 'encode', params: ['i32' as const], result: 'i32' as const }];
const program = buildModule({ imports: importing('codec'), functions: { _start: [op.i32(1), op.call(0), op.drop] } });
const judge = (own: Uint8Array, links: Record<string, Uint8Array>, memoryPagesMax = 1) =>
  judgeApplication({ own, links: new Map(Object.entries(links)), memoryPagesMax, use: { kind: 'run' } });

test('an application runs where its links give what its modules import, the linked ones too', (t) => {
  t.deepEqual(judge(program, { codec }), []);
  const between = buildModule({ imports: importing('codec'), functions: { encode: [] }, memory: 'hidden' });
  t.regex(judge(program, { codec: between })[0]?.message ?? '', /codec has \(\) -> \(\)/);
  const other = buildModule({ imports: importing('table'), functions: { again: [] } });
  t.deepEqual(judge(program, { codec, other, table: codec }), [
    { link: 'other', message: 'no module of it imports anything from other' },
  ]);
});

test('what is imported and not linked is refused, and what is linked as a program, and a library without one', (t) => {
  const [problem] = judge(program, {});
  t.regex(problem?.message ?? '', /^it imports function codec\.encode; .* may link as a module$/);
  const asking = buildModule({ imports: importing('parser'), functions: { _start: [] } });
  t.deepEqual(judge(asking, { codec })[0], {
    message: 'it imports from parser, which is not linked; linked are codec',
  });
  t.regex(judge(program, { codec: program }).at(-1)?.message ?? '', /it exports _start, so it is a program/);
  t.regex(judge(codec, { codec })[0]?.message ?? '', /neither the function _start/);
});

test('a linked module is judged as every other: what no device has is refused with its link', (t) => {
  const stranger = buildModule({ imports: [{ module: 'env', name: 'gpio' }], functions: { encode: [] } });
  t.like(judge(program, { codec: stranger })[0], { link: 'codec' });
  const hidden = buildModule({
    imports: [{ name: 'sched_yield', result: 'i32' }],
    functions: { encode: [] },
    memory: 'hidden',
  });
  t.regex(judge(program, { codec: hidden })[0]?.message ?? '', /does not export its memory/);
});

test('what starts with more memory than the limit gives each module is refused, its own, imported or linked', (t) => {
  const starting = (pages: number, memory: 'exported' | 'imported' = 'exported') =>
    buildModule({ functions: { _start: [] }, memory, pages });
  const message = 'it starts with 3 pages of memory (64 KiB each), limits.memory of its application allows 2';
  t.deepEqual(judge(starting(2), {}, 2), []);
  t.deepEqual(judge(starting(3), {}, 2), [{ message }]);
  t.deepEqual(judge(starting(3, 'imported'), {}, 2), [{ message }]);
  const large = buildModule({ imports: importing('table'), functions: { encode: [] }, pages: 3 });
  t.deepEqual(judge(program, { codec: large }, 2), [{ link: 'codec', message }]);
});

test('a program can not be called for its events, a reactor not run for each, and a handler is exported as it is called', (t) => {
  const handling = (signature: { params?: readonly 'i32'[]; result?: 'i32' }) => {
    const handle = signature.result === undefined ? [] : [op.i32(0)];
    return buildModule({ functions: { _initialize: [], handle }, signatures: { handle: signature } });
  };
  const trigger = { message: { channel: 'readings' } };
  const kept = moduleUse({ trigger, events: { instance: 'kept', handler: 'handle' } });
  const problem = (own: Uint8Array, use: ModuleUse) =>
    judgeApplication({ own, links: new Map(), memoryPagesMax: 1, use })[0]?.message ?? '';
  const simple = buildModule({ functions: { _start: [] } });
  t.is(problem(handling({}), kept), '');
  t.is(problem(handling({ result: 'i32' }), kept), '');
  t.regex(
    problem(handling({ params: ['i32'] }), kept),
    /^its handle \(events\.handler\) must take nothing and give nothing or an i32$/,
  );
  const stateful = moduleUse({ trigger, events: { instance: 'kept', handler: 'handle', snapshots: {} } });
  t.is(problem(handling({}), stateful), '');
  const shared = buildModule({ functions: { _initialize: [], handle: [] }, isFixed: true });
  // The flag of a shared memory, beside that of its maximum.
  const memorySection = [5, 4, 1, 1];
  shared[shared.findIndex((_, at) => memorySection.every((byte, ahead) => shared[at + ahead] === byte)) + 3] = 3;
  t.regex(problem(shared, stateful), /its memory is shared/);
  const migrating = moduleUse({ trigger, handover: 'migrate', events: { instance: 'kept', handler: 'handle' } });
  const exporting = { _initialize: [], handle: [], fleet_export_state: [] };
  t.regex(problem(buildModule({ functions: exporting }), migrating), /^it exports no function fleet_import_state/);
  t.is(problem(buildModule({ functions: { ...exporting, fleet_import_state: [] } }), migrating), '');
  t.regex(problem(simple, kept), /^it is a program \(_start\), which ends; events\.instance: kept calls a reactor/);
  t.regex(
    problem(buildModule({ functions: { _initialize: [] } }), kept),
    /^it exports no function handle \(events\.handler\)/,
  );
  const asking = (asked: string) => {
    const health = { call: { function: asked } };
    return moduleUse({ trigger, health, events: { instance: 'kept', handler: 'handle' } });
  };
  t.is(problem(handling({}), asking('handle')), '');
  t.regex(problem(handling({}), asking('well')), /^it exports no function well \(health\.call\)/);
  const shouting = { _initialize: [], [`\u001b[2J${'x'.repeat(5_000)}`]: [] };
  const told = problem(buildModule({ functions: shouting }), kept);
  t.regex(told, /^it exports no function handle \(events\.handler\); it exports _initialize, ·\[2Jx{76}…$/);
  t.is(problem(simple, moduleUse({ trigger })), '');
  t.regex(
    problem(handling({}), moduleUse({ trigger })),
    /^it is a reactor, and each event starts a program \(_start\)/,
  );
  t.is(problem(handling({}), moduleUse({})), '', 'one without a trigger is started and stays');
  const [linked] = judgeApplication({ own: program, links: new Map([['codec', codec]]), memoryPagesMax: 1, use: kept });
  t.regex(linked?.message ?? '', /^it is a program/);
});

test('a linked module has the memory of who calls it where that is the own module alone and both memories are plain', (t) => {
  const i32s = ['i32', 'i32', 'i32'] as const;
  const read = { module: 'fleet:caller', name: 'read', params: i32s };
  const encode = { encode: { params: ['i32'], result: 'i32' } } as const;
  const shape = { functions: { encode: [op.i32(1)] }, signatures: encode };
  const reading = buildModule({ ...shape, imports: [read] });
  t.deepEqual(judge(program, { codec: reading }), []);
  const said = (own: Uint8Array, links: Record<string, Uint8Array>) => judge(own, links)[0]?.message ?? '';
  const between = buildModule({ ...shape, imports: importing('codec') });
  const asking = buildModule({ imports: [...importing('codec'), ...importing('between')], functions: { _start: [] } });
  t.regex(
    said(asking, { codec: reading, between }),
    /only the application's own module may call it; between does too$/,
  );
  const own = buildModule({ imports: [...importing('codec'), read], functions: { _start: [] } });
  t.regex(
    said(own, { codec: reading }),
    /^it imports from fleet:caller, and nobody calls an application's own module$/,
  );
  const hidden = { imports: importing('codec'), functions: { _start: [] }, memory: 'hidden' } as const;
  t.regex(said(buildModule(hidden), { codec: reading }), /memories of 32 bits .*; the own module has none$/);
  t.regex(
    said(program, { codec: buildModule({ ...shape, imports: [{ ...read, params: ['i32'] }] }) }),
    /as \(i32\) -> \(\)/,
  );
  t.regex(
    said(program, { codec: buildModule({ ...shape, imports: [{ ...read, name: 'peek' }] }) }),
    /: read and write\)$/,
  );
});
