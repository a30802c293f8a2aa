import test from 'ava';
import { takeMemoryFromOutside } from '../../../../device-agent/runtime/prepare/memory-outside.ts';
import { prepareModule } from '../../../../device-agent/runtime/prepare/prepare-module.ts';
import { printer } from '../module-builder.ts';

function prepared(bytes: Uint8Array) {
  const preparation = prepareModule(bytes, 16);
  if (preparation.kind === 'refused') throw new Error(preparation.message);
  return preparation;
}

test('the memory that a module shows is taken from outside, as large as it asks for', (t) => {
  const { module, traits } = prepared(printer('ahoy\n'));
  t.deepEqual(traits.importedMemory, { initial: 1, maximum: 16, shared: false });
  const memories = WebAssembly.Module.imports(new WebAssembly.Module(module)).filter(({ kind }) => kind === 'memory');
  t.deepEqual(
    memories.map(({ module: from, name }) => `${from}.${name}`),
    ['env.memory'],
  );
  t.true(WebAssembly.Module.exports(new WebAssembly.Module(module)).some(({ name }) => name === 'memory'));
});

test('a module that took its memory from outside before stays as it is', (t) => {
  const outside = prepared(printer('ahoy\n')).module;
  t.is(takeMemoryFromOutside(outside), outside);
});
