import test from 'ava';
import { EventQueue, haveSameQueue } from '../../../../../device-agent/runtime/host/events/event-queue.ts';
import { Asks, HttpSource } from '../../../../../device-agent/runtime/host/events/http-source.ts';
import type { Answer } from '../../../../../device-agent/runtime/http/messages.ts';
import type { HostedApplication } from '../../../../../device-agent/runtime/protocol.ts';

test('requests that come while one release gives place to the next wait for it', (t) => {
  const answers: Answer[] = [];
  const asks = new Asks((answer) => answers.push(answer));
  const queue = new EventQueue((onEvent) => new HttpSource(asks, 'app', 2, onEvent, () => {}));
  const ask = (id: number) => {
    const head = { method: 'GET', path: '/', query: '', headers: [], remote: '127.0.0.1' };
    asks.take({ kind: 'ask', id, application: 'app', ask: { ...head, body: '' } } as never);
  };
  const taken: string[] = [];
  const take = (who: string) => () => {
    for (let event = queue.take(); event !== undefined; event = queue.take()) taken.push(who);
  };
  queue.listen({ onEvent: take('old'), onNote: () => {} });
  ask(1);
  queue.rest();
  for (const id of [2, 3, 4]) ask(id);
  t.deepEqual(taken, ['old']);
  t.deepEqual(queue.counts(), { waiting: 2, dropped: 1 });
  t.deepEqual(
    answers.map(({ id, answer }) => [id, answer.kind]),
    [[4, 'busy']],
  );
  queue.listen({ onEvent: take('new'), onNote: () => {} });
  take('new')();
  t.deepEqual(taken, ['old', 'new', 'new']);
  queue[Symbol.dispose]();
  ask(5);
  t.deepEqual(answers.at(-1)?.answer.kind, 'absent');
});

test('what waits for one release is for another to take only where trigger, channels and queue are the same', (t) => {
  const trigger = { message: { channel: 'readings' } };
  const one = {
    name: 'app',
    version: '1',
    trigger,
    channels: { in: { readings: {} } },
  } as unknown as HostedApplication;
  t.true(haveSameQueue(one, { ...one, version: '2', events: { queue: 16, instance: 'kept' } }));
  t.false(haveSameQueue(one, { ...one, events: { queue: 8 } }));
  t.false(haveSameQueue(one, { ...one, trigger: { message: { channel: 'others' } } }));
  t.false(haveSameQueue(one, { ...one, channels: { in: { readings: {} }, out: { alarms: {} } } }));
  const { trigger: _none, ...always } = one;
  t.false(haveSameQueue(always, always));
});
