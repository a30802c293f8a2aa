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
