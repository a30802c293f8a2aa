import test from 'ava';
import { sectionId } from '../../../../artifact/wasm/module.ts';
import { ByteWriter } from '../../../../artifact/wasm/write/bytes.ts';
import { wasmStack } from '../../../../device-agent/runtime/host/thrown-end.ts';
import { buildModule, op } from '../module-builder.ts';

/** A module whose only function, of that name, traps. */
function trapping(name: string): Uint8Array {
  const [names, custom, whole] = [new ByteWriter(), new ByteWriter(), new ByteWriter()];
  for (const number of [1, 0]) names.u32(number);
  names.name(name);
  custom.name('name');
  custom.section(1, names.contents());
  whole.raw(buildModule({ functions: { f: [op.unreachable] } }));
  whole.section(sectionId.custom, custom.contents());
  return whole.contents();
}

/** The functions that its trap is told to be in. */
function stackOf(name: string): readonly string[] {
  const module = new WebAssembly.Module(trapping(name) as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module);
  try {
    (exports.f as () => void)();
  } catch (error) {
    return wasmStack(error, undefined);
  }
  throw new Error('it did not trap');
}

test('the names of functions in a stack are what a guest calls them, on one line each, however long and whatever is in them', (t) => {
  t.deepEqual(stackOf('pump'), ['pump']);
  t.deepEqual(stackOf('pump\n    at valve (wasm://wasm/0:wasm-function[3]:0x1)'), [
    'pump\ufffd    at valve (wasm://wasm/0:wasm-function[3]:0x1)',
  ]);
  // Whoever looks for its end from each of these looks for minutes.
  t.deepEqual(stackOf('\n'.repeat(100_000)), [`${'\ufffd'.repeat(63)}…`]);
});
