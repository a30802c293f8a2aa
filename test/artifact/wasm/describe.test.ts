import test from 'ava';
import { describeModule } from '../../../artifact/wasm/describe.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { compileAssemblyScript, moduleAround, program } from './sample-modules.ts';

test('a program is described as V8 describes it', async (t) => {
  const bytes = await compileAssemblyScript(
    `${program}\n@external("env", "tick") declare function tick(): i64;\nexport function now(): i64 { return tick(); }`,
  );
  const module = new WebAssembly.Module(bytes);
  const description = describeModule(bytes);
  t.deepEqual(description.imports, WebAssembly.Module.imports(module) as never);
  t.deepEqual(description.exports, WebAssembly.Module.exports(module) as never);
  t.is(description.kind, 'module');
  t.is(description.bytes, bytes.length);
});

test('memories, custom sections and functions are counted', (t) => {
  const custom = Uint8Array.of(4, 0x6e, 0x61, 0x6d, 0x65, 1, 2, 3);
  const bytes = Uint8Array.from([...moduleAround([], true), 0, custom.length, ...custom]);
  const description = describeModule(bytes);
  t.deepEqual(description.memories, [{ minimum: 1, maximum: 1, shared: true, imported: false }]);
  t.deepEqual(description.customSections, [{ name: 'name', bytes: 10 }]);
  t.is(description.functions, 1);
});

test('the imports and exports of a component are named', (t) => {
  const interfaceName = [...Buffer.from('wasi:cli/run@0.2.0')];
  const bytes = writeBinary('component', [
    { id: 10, payload: Uint8Array.of(1, 0, interfaceName.length, ...interfaceName, 5, 0) },
    { id: 11, payload: Uint8Array.of(1, 0, 3, 0x72, 0x75, 0x6e, 1, 0, 0) },
  ]);
  const description = describeModule(bytes);
  t.deepEqual(description.imports, [{ module: '', name: 'wasi:cli/run@0.2.0', kind: 'instance' }]);
  t.deepEqual(description.exports, [{ name: 'run', kind: 'function' }]);
  t.is(description.kind, 'component');
});

test('what is no Wasm file is refused with a code', (t) => {
  const error = t.throws(() => describeModule(new TextEncoder().encode('#!/bin/sh\n')), { instanceOf: WasmError });
  t.is(error.code, 'not-wasm');
});
