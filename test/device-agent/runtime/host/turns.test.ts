import test from 'ava';
import { Turns } from '../../../../device-agent/runtime/host/turns.ts';

test('who was cut off has a turn after some of those that are woken all the time', (t) => {
  const due: (() => void)[] = [];
  const turns = new Turns({ nextTurn: (callback) => due.push(callback), mark: () => {} });
  const had: string[] = [];
  const wake = (): void =>
    turns.enqueue('busy', 'woken', () => {
      had.push('busy');
      wake();
    });
  wake();
  turns.enqueue('spinning', 'preempted', () => had.push('spinning'));
  for (let turn = 0; turn < 20; turn++) due.shift()!();
  t.deepEqual(had.indexOf('spinning'), 8);
  t.is(had.filter((name) => name === 'spinning').length, 1);
});

test('applications have their turns one after the other, however many instances of one wait', (t) => {
  for (const queue of ['woken', 'preempted'] as const) {
    const due: (() => void)[] = [];
    const turns = new Turns({ nextTurn: (callback) => due.push(callback), mark: () => {} });
    const had: string[] = [];
    const enqueue = (guest: string, number: number) =>
      turns.enqueue(guest, queue, () => had.push(`${guest} ${number}`));
    for (let instance = 0; instance < 4; instance++) enqueue('crowd', instance);
    for (const guest of ['ticker', 'gauge']) enqueue(guest, 0);
    while (due.length > 0) due.shift()!();
    t.deepEqual(had, ['crowd 0', 'ticker 0', 'gauge 0', 'crowd 1', 'crowd 2', 'crowd 3']);
  }
});
