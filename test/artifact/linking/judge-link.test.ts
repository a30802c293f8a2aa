import test from 'ava';
import { judgeLink } from '../../../artifact/linking/judge-link.ts';
import { writeTrampolines } from '../../../artifact/linking/trampolines.ts';
import { buildModule } from '../../device-agent/runtime/module-builder.ts';

const i32 = { code: 0x7f };
const v128 = { code: 0x7b };
const consumer = (module: string, ...params: ('i32' | 'i64')[]) =>
  buildModule({ imports: [{ module, name: 'encode', params, result: 'i32' }], functions: { _start: [] } });

test('a link fits where the provider exports what is imported, with the same numbers', (t) => {
  const functions = [{ name: 'encode', params: [i32], results: [i32] }];
  t.deepEqual(judgeLink('codec', consumer('codec', 'i32'), writeTrampolines(functions)), { kind: 'fits', functions });
});

test('a link is refused by the name of what is not exported, or not so, or can not be passed', (t) => {
  const provider = (name: string, ...params: { code: number }[]) =>
    writeTrampolines([{ name, params, results: [i32] }]);
  t.deepEqual(judgeLink('codec', consumer('codec', 'i32'), provider('decode', i32)), {
    kind: 'refused',
    problems: ['it imports codec.encode, which the module linked as codec does not export'],
  });
  t.deepEqual(judgeLink('codec', consumer('codec', 'i64'), provider('encode', i32)), {
    kind: 'refused',
    problems: ['it imports codec.encode as (i64) -> (i32); the module linked as codec has (i32) -> (i32)'],
  });
  t.deepEqual(judgeLink('codec', consumer('codec', 'i32'), provider('encode', v128)), {
    kind: 'refused',
    problems: ['it imports codec.encode as (i32) -> (i32); the module linked as codec has (no number) -> (i32)'],
  });
  t.deepEqual(judgeLink('other', consumer('codec', 'i32'), provider('encode', i32)), {
    kind: 'refused',
    problems: ['it imports nothing from other'],
  });
});
