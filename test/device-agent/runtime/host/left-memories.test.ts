import test from 'ava';
import { runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import { LeftMemories } from '../../../../device-agent/runtime/host/left-memories.ts';
import { buildModule, op, printer, word } from '../module-builder.ts';
import { newThread } from './run-guest.ts';

const shape = { initial: 1, maximum: 16, shared: false } as const;

test('a memory that was left is given to the next of its shape, empty', (t) => {
  const memories = new LeftMemories();
  const memory = memories.take(shape);
  new Uint8Array(memory.buffer).fill(9);
  memories.leave(memory, shape);
  t.not(memories.take({ ...shape, maximum: 17 }), memory, 'another shape');
  const next = memories.take(shape);
  t.is(next, memory);
  t.true(new Uint8Array(next.buffer).every((byte) => byte === 0));
  t.not(memories.take(shape), memory, 'nobody gets it twice');
});

test('a memory that has grown, or is shared, or is one too many, is not kept', (t) => {
  const memories = new LeftMemories();
  const grown = memories.take(shape);
  grown.grow(1);
  memories.leave(grown, shape);
  t.not(memories.take(shape), grown);
  const shared = { ...shape, shared: true };
  const one = memories.take(shared);
  memories.leave(one, shared);
  t.not(memories.take(shared), one);
  const large = { ...shape, initial: 65, maximum: 65 };
  const many = memories.take(large);
  memories.leave(many, large);
  t.not(memories.take(large), many);
});

/** Prints the byte that it finds at 200, then leaves an `x` there: twice in a row, one shows what the other has left. */
const secretive = buildModule({
  imports: [{ name: 'fd_write', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' }],
  functions: {
    _start: [
      ...[op.i32(1), op.i32(0), op.i32(1), op.i32(8), op.call(0), op.drop],
      ...[op.i32(200), op.i32(120), [0x3a, 0, 0]],
    ],
  },
  data: { 0: [...word(200), ...word(1)] },
});

test('an instance finds nothing of the one before it in the memory that it gets', async (t) => {
  const { guest } = newThread();
  const first = guest(secretive);
  await first.guest.work(runByItself);
  const second = guest(secretive);
  await second.guest.work(runByItself);
  t.deepEqual([first.printed, second.printed], [['stdout:\0'], ['stdout:\0']]);
});

test('a stopped guest that waits leaves its memory to nobody: what it waits for may still write there', async (t) => {
  const { guest, memories } = newThread();
  const waiting = Promise.withResolvers<void>();
  const one = guest(printer('a\n'), {
    stdout: { isReady: () => false, onReady: () => ({ [Symbol.dispose]: () => {} }), write: () => 0 },
    wait: () => {
      waiting.resolve();
      return new Promise(() => {});
    },
  });
  const leave = memories.leave.bind(memories);
  let left = 0;
  memories.leave = (...memory) => {
    left += 1;
    leave(...memory);
  };
  await guest(printer('b\n')).guest.work(runByItself);
  t.is(left, 1, 'one that ends by itself leaves it');
  const run = one.guest.work(runByItself);
  await waiting.promise;
  one.guest.stop();
  await run;
  t.is(left, 1);
});
