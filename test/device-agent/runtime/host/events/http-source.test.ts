import test from 'ava';
import { Asks, HttpSource } from '../../../../../device-agent/runtime/host/events/http-source.ts';
import { type Answer, answerBytesMax } from '../../../../../device-agent/runtime/http/messages.ts';

test('an answer that is longer than an answer may be is none, though its program went on and ended well', (t) => {
  const answers: Answer[] = [];
  const notes: string[] = [];
  const asks = new Asks((answer) => answers.push(answer));
  const source = new HttpSource(
    asks,
    'app',
    2,
    () => {},
    (text) => notes.push(text),
  );
  const say = (text: string): void => {
    asks.take({ kind: 'ask', id: 1, application: 'app', ask: { headers: {}, body: '' } } as never);
    const event = source.take()!;
    for (const part of ['Content-Type: text/plain\n\n', text])
      try {
        event.stdout!.write(Buffer.from(part));
      } catch {
        // As most programs do.
      }
    event.finish!({ kind: 'exited', exitCode: 0 });
  };
  say('x');
  say('x'.repeat(answerBytesMax));
  t.deepEqual(
    answers.map(({ answer }) => answer.kind),
    ['response', 'failed'],
  );
  t.deepEqual(notes, ['it printed more than the 1048576 bytes that an answer may have']);
});

test('as many requests wait as the queue has room for, and the next is told that it is busy', (t) => {
  const busy: number[] = [];
  const asks = new Asks(({ id, answer }) => answer.kind === 'busy' && busy.push(id));
  const nothing = (): void => {};
  const source = new HttpSource(asks, 'app', 2, nothing, nothing);
  for (const id of [1, 2, 3])
    asks.take({ kind: 'ask', id, application: 'app', ask: { headers: {}, body: '' } } as never);
  t.deepEqual([busy, source.counts()], [[3], { waiting: 2, dropped: 1 }]);
});
