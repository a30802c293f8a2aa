import test from 'ava';
import fc from 'fast-check';
import { FairQueue } from '../../../controller/doors/fair-queue.ts';

function sourcesServed(queue: FairQueue<number>, count: number, perSource: number): string {
  return Array.from({ length: count }, () => queue.next(4, perSource)?.source ?? '-').join('');
}

test('a source with a thousand in line holds up another one by one turn', (t) => {
  const queue = new FairQueue<number>(2000);
  for (let n = 0; n < 1000; n += 1) queue.enter('a', n);
  queue.enter('b', 0);
  queue.enter('b', 1);
  t.is(sourcesServed(queue, 5, 4), 'abab-', 'four places');
});

test('one source never holds all places', (t) => {
  const queue = new FairQueue<number>(100);
  for (let n = 0; n < 10; n += 1) queue.enter('a', n);
  t.is(sourcesServed(queue, 3, 2), 'aa-');
  queue.enter('b', 0);
  t.is(sourcesServed(queue, 2, 2), 'b-');
  queue.leave('a');
  t.is(sourcesServed(queue, 2, 2), 'a-', 'a place that is given back is given on');
});

test('when the room is full, the newest of the longest line goes, not who comes from elsewhere', (t) => {
  const queue = new FairQueue<number>(3);
  for (const n of [1, 2, 3]) t.is(queue.enter('a', n), undefined);
  t.is(queue.enter('a', 4), 4);
  t.is(queue.enter('b', 10), 3);
  t.is(queue.next(1, 1)?.item, 1);
});

test('over any life everybody who entered is served, waits or was turned away, and the limits hold', (t) => {
  const move = fc.oneof(
    fc.record({ kind: fc.constant('enter' as const), source: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constantFrom('next' as const, 'leave' as const) }),
  );
  const life = fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
    const queue = new FairQueue<number>(5);
    const holding: string[] = [];
    let [entered, served, turnedAway] = [0, 0, 0];
    for (const one of moves) {
      if (one.kind === 'enter') {
        entered += 1;
        if (queue.enter(one.source, entered) !== undefined) turnedAway += 1;
      } else if (one.kind === 'next') {
        const got = queue.next(3, 2);
        if (got !== undefined) holding.push(got.source);
        if (got !== undefined) served += 1;
      } else if (holding.length > 0) queue.leave(holding.shift()!);
      if (holding.length > 3 || holding.filter((source) => source === 'a').length > 2) return false;
      if (entered - served - turnedAway > 5) return false;
    }
    while (holding.length > 0) queue.leave(holding.shift()!);
    for (let got = queue.next(3, 2); got !== undefined; got = queue.next(3, 2)) {
      served += 1;
      queue.leave(got.source);
    }
    return entered === served + turnedAway;
  });
  t.notThrows(() => fc.assert(life));
});
