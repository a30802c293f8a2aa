import test from 'ava';
import { TurnQueue } from '../../../controller/doors/turn-queue.ts';

const still = { monotonic: () => 0 };

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('20,000 pieces of work at once are done in order, each pushed by the one before it or not', async (t) => {
  const queue = new TurnQueue(still);
  const done: number[] = [];
  const finished = Promise.withResolvers<void>();
  for (let n = 0; n < 20_000; n += 1) queue.push(() => done.push(n));
  queue.push(() => queue.push(() => finished.resolve()));
  t.is(done.length, 0, 'nothing runs on the stack of who pushes');
  await finished.promise;
  t.deepEqual(
    done,
    Array.from({ length: 20_000 }, (_, n) => n),
  );
  t.is(queue.length, 0);
});

test('others have their turn between two batches', async (t) => {
  const queue = new TurnQueue(still);
  let done = 0;
  for (let n = 0; n < 1000; n += 1) {
    queue.push(() => {
      done += 1;
    });
  }
  await nextTurn();
  t.true(done > 0 && done <= 64, `${done}`);
});

test('a batch ends early when its time is over', async (t) => {
  let now = 0;
  const queue = new TurnQueue({ monotonic: () => now });
  let done = 0;
  const slow = () => {
    done += 1;
    now += 100;
  };
  for (let n = 0; n < 10; n += 1) queue.push(slow);
  await nextTurn();
  t.is(done, 1);
});
