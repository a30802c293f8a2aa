import test from 'ava';
import { thrownText } from '../../../../device-agent/runtime/wasi/thrown.ts';

/** Exports a tag `e` with an i32 and `f`, which throws it with 3. */
const thrower = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 2, 0x60, 1, 0x7f, 0, 0x60, 0, 0],
  ...[3, 2, 1, 1],
  ...[13, 3, 1, 0, 0],
  ...[7, 9, 2, 1, 0x65, 4, 0, 1, 0x66, 0, 0],
  ...[10, 8, 1, 6, 0, 0x41, 3, 8, 0, 0x0b],
]);

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('an exception of a guest is told by its tag and what it carries, where the module shows it', (t) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(thrower));
  const error = thrownBy(() => (exports.f as () => void)());
  t.is(thrownText(error, exports), 'an exception that nobody caught: e with 3');
  t.is(thrownText(error), 'an exception that nobody caught, of a tag that the module does not export');
});

test('the name of a tag steers no terminal', (t) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(thrower));
  const error = thrownBy(() => (exports.f as () => void)());
  t.is(
    thrownText(error, { '\u001b[31m\u202ee': exports.e! }),
    'an exception that nobody caught: \ufffd[31m\ufffde with 3',
  );
});

test('a trap is told as the engine says it, cut where it is long', (t) => {
  t.is(thrownText(new WebAssembly.RuntimeError('unreachable')), 'trap: unreachable');
  t.is(thrownText(new Error('x'.repeat(1000))).length, 'trap: '.length + 201);
});
