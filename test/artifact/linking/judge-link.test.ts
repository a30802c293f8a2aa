import test from 'ava';
import { linkProblems } from '../../../artifact/linking/judge-link.ts';
import { writeTrampolines } from '../../../artifact/linking/trampolines.ts';
import { buildModule } from '../../device-agent/runtime/module-builder.ts';

const i32 = { code: 0x7f };
const v128 = { code: 0x7b };
const consumer = (module: string, ...params: ('i32' | 'i64')[]) =>
  buildModule({ imports: [{ module, name: 'encode', params, result: 'i32' }], functions: { _start: [] } });

test('a link fits where the provider exports what is imported, with the same numbers', (t) => {
  const provider = writeTrampolines([{ name: 'encode', params: [i32], results: [i32] }]);
  t.deepEqual(linkProblems('codec', consumer('codec', 'i32'), provider), []);
  t.deepEqual(linkProblems('other', consumer('codec', 'i32'), provider), []);
});

test('a link is refused by the name of what is not exported, or not so, or can not be passed', (t) => {
  const provider = (name: string, ...params: { code: number }[]) =>
    writeTrampolines([{ name, params, results: [i32] }]);
  const problems = (param: 'i32' | 'i64', offered: Uint8Array) =>
    linkProblems('codec', consumer('codec', param), offered);
  t.deepEqual(problems('i32', provider('decode', i32)), [
    'it imports codec.encode, which the module linked as codec does not export',
  ]);
  t.deepEqual(problems('i64', provider('encode', i32)), [
    'it imports codec.encode as (i64) -> (i32); the module linked as codec has (i32) -> (i32)',
  ]);
  t.deepEqual(problems('i32', provider('encode', v128)), [
    'it imports codec.encode as (i32) -> (i32); the module linked as codec has (no number) -> (i32)',
  ]);
});
