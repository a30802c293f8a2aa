import test from 'ava';
import fc from 'fast-check';
import { DueQueue } from '../../../controller/engine/due-queue.ts';

const times = fc.integer({ min: 0, max: 20 });
const orders = fc.record({ name: fc.constantFrom(...'abcdefghijklmnopq'), at: fc.option(times, { nil: undefined }) });

test('names come out when they are due, by the time that each was given last', (t) => {
  fc.assert(
    fc.property(fc.array(orders, { maxLength: 60 }), times, (given, now) => {
      const queue = new DueQueue();
      const left = new Map<string, number>();
      for (const { name, at } of given) {
        if (at === undefined) queue.cancel(name);
        else queue.schedule(name, at);
        if (at === undefined) left.delete(name);
        else left.set(name, at);
      }
      const next = () => [...left.values()].sort((one, other) => one - other)[0];
      for (let name = queue.take(now); name !== undefined; name = queue.take(now)) {
        if (left.get(name) !== next()) return false;
        left.delete(name);
      }
      return queue.nextAt === next() && (next() ?? now + 1) > now;
    }),
  );
  t.pass();
});

test('who asks when the next one is due pays nothing for all who were due earlier', (t) => {
  const queue = new DueQueue();
  let compared = 0;
  const looked = (): number => {
    compared += 1;
    return 0;
  };
  const early = { valueOf: looked } as unknown as number;
  for (let number = 0; number < 1_000; number += 1) queue.schedule(`device-${number}`, early);
  queue.schedule('later', 1);
  for (let number = 0; number < 1_000; number += 1) queue.cancel(`device-${number}`);
  compared = 0;
  t.is(queue.nextAt, 1);
  t.is(compared, 0);
});
