import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nodeLineDoors } from '../../../platform/node/line-door.ts';

function socketPath(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-door-'));
  t.teardown(() => {
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true, force: true });
  });
  return join(directory, 'agent.sock');
}

const echo = (line: string): string => `you said ${line}`;

/** Writes bytes as they are, and gives what comes back until the other end closes, or a line came. */
function told(path: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path, () => socket.write(bytes));
    socket.on('data', (piece) => {
      text += piece.toString();
      if (text.endsWith('\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

test('each line is answered with a line, of several programs at once, and of pieces as they come', async (t) => {
  const path = socketPath(t);
  await using _door = await nodeLineDoors.open(path, echo);
  t.is(await nodeLineDoors.ask(path, 'hello'), 'you said hello');
  const all = await Promise.all(['a', 'b', 'c'].map((line) => nodeLineDoors.ask(path, line)));
  t.deepEqual(all, ['you said a', 'you said b', 'you said c']);
  t.is(await told(path, '\n\nlate\r\n'), 'you said late\n');
});

test('a line that is too long ends the connection, and the next is answered', async (t) => {
  const path = socketPath(t);
  await using _door = await nodeLineDoors.open(path, echo);
  t.is(await told(path, 'x'.repeat(100_000)), '');
  t.is(await told(path, `${'x'.repeat(5_000)}\n`), '');
  t.is(await nodeLineDoors.ask(path, 'still there'), 'you said still there');
});

test('its user and group alone may ask, and what an earlier agent left is in nobodys way', async (t) => {
  const path = socketPath(t);
  writeFileSync(path, 'left');
  {
    await using _door = await nodeLineDoors.open(path, echo);
    t.is(statSync(path).mode & 0o777, 0o660);
  }
  await t.throwsAsync(nodeLineDoors.ask(path, 'anybody?'));
  await using _again = await nodeLineDoors.open(path, echo);
  t.is(await nodeLineDoors.ask(path, 'again'), 'you said again');
});

/** Connections that begin a line and do not end it. */
async function slowSpeakers(t: ExecutionContext, path: string, count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(path, () => {}).on('error', () => {}));
  t.teardown(() => sockets.forEach((socket) => void socket.destroy()));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write('slow', resolve))));
  return sockets;
}

test('however many hold a connection and say no line, whoever comes next is answered, and who asks now and then stays', async (t) => {
  const path = socketPath(t);
  await using _door = await nodeLineDoors.open(path, echo);
  const display = connect(path);
  t.teardown(() => display.destroy());
  const heard = (line: string) =>
    new Promise((resolve) => {
      display.once('data', (piece) => resolve(piece.toString()));
      display.write(`${line}\n`);
    });
  t.is(await heard('status'), 'you said status\n');
  const slow = await slowSpeakers(t, path, 20);
  t.is(await nodeLineDoors.ask(path, 'the next'), 'you said the next');
  t.is(await heard('again'), 'you said again\n');
  t.true(slow.filter(({ closed }) => !closed).length <= 7, 'there is room for eight');
});

test('a line that is begun and comes byte by byte is not waited for', async (t) => {
  const path = socketPath(t);
  await using _door = await nodeLineDoors.open(path, echo);
  const [socket] = await slowSpeakers(t, path, 1);
  const closed = new Promise<number>((resolve) => socket!.once('close', () => resolve(performance.now())));
  const begun = performance.now();
  const drip = setInterval(() => socket!.write('.'), 500);
  t.teardown(() => clearInterval(drip));
  t.true((await closed) - begun < 20_000);
});
