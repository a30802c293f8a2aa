import { Readable } from 'node:stream';
import test from 'ava';
import { readInTurns } from '../../../../../controller/doors/mqtt/embedded/read-in-turns.ts';
import { TurnQueue } from '../../../../../controller/doors/turn-queue.ts';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A connection whose listener reads all that is there, at once, as aedes does. */
function connection(turns: TurnQueue, heard: string[]): Readable {
  const stream = new Readable({ read() {} });
  stream.on('readable', () => {
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) heard.push(String(chunk));
  });
  readInTurns(stream, turns);
  return stream;
}

test('what comes on a thousand connections in one round is read in many, all of it, in order', async (t) => {
  const turns = new TurnQueue({ monotonic: () => 0 });
  const heard: string[] = [];
  const connections = Array.from({ length: 1000 }, () => connection(turns, heard));
  for (const [n, stream] of connections.entries()) stream.push(`${n}`);
  await nextTurn();
  t.true(heard.length <= 64, `${heard.length} in the first round`);
  while (turns.length > 0) await nextTurn();
  t.deepEqual(
    heard,
    connections.map((_, n) => `${n}`),
  );
});

test('one connection waits for one turn, however often something comes before it, and hears what comes after', async (t) => {
  const turns = new TurnQueue({ monotonic: () => 0 });
  const heard: string[] = [];
  const stream = connection(turns, heard);
  for (const text of ['a', 'b', 'c']) {
    stream.push(text);
    await new Promise(process.nextTick);
  }
  t.is(turns.length, 1);
  await nextTurn();
  stream.push('d');
  await new Promise(process.nextTick);
  await nextTurn();
  t.is(heard.join(''), 'abcd');
});

test('a connection that ended before its turn is not read', async (t) => {
  const turns = new TurnQueue({ monotonic: () => 0 });
  const heard: string[] = [];
  const stream = connection(turns, heard);
  stream.push('a');
  await new Promise(process.nextTick);
  stream.destroy();
  await nextTurn();
  t.deepEqual(heard, []);
  t.is(turns.length, 0);
});
