import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const modules = new URL('../../../platform/node/', import.meta.url);
const files = {
  untilStopped: fileURLToPath(new URL('until-stopped.ts', modules)),
  clock: fileURLToPath(new URL('clock.ts', modules)),
};

/** Asks only after its starter was killed, as a program does that takes a while to start. */
const child = `
  const { untilStopped } = await import(${JSON.stringify(files.untilStopped)});
  const { nodeClock } = await import(${JSON.stringify(files.clock)});
  process.send('started');
  while (process.connected) await nodeClock.sleep(5);
  const patience = setTimeout(() => { console.log('still there'); process.exit(); }, 5_000);
  await untilStopped();
  console.log('ended');
  process.exit();
`;
const starter = `
  const { spawn } = await import('node:child_process');
  const args = ['--input-type=module', '--eval', ${JSON.stringify(child)}];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  started.on('message', () => process.kill(process.pid, 'SIGKILL'));
`;

test('a program ends when its starter was killed before it asked', async (t) => {
  const started = spawn(process.execPath, ['--input-type=module', '--eval', starter], { stdio: 'pipe' });
  t.is(await text(started.stdout), 'ended\n');
});

const stopping = `
  const { once } = await import('node:events');
  const { untilStopped } = await import(${JSON.stringify(files.untilStopped)});
  process.stdin.resume();
  const stopped = untilStopped();
  console.log('started');
  await stopped;
  console.log('stops');
  await once(process.stdin, 'end');
  console.log('ended');
  process.exit();
`;

test('a program that is told to end twice, as one of a group is, comes to its end in order', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const started = spawn(process.execPath, ['--input-type=module', '--eval', stopping], { stdio: 'pipe' });
    started.stdout.setEncoding('utf8');
    for (const word of ['started\n', 'stops\n']) {
      t.deepEqual(await once(started.stdout, 'data'), [word]);
      started.kill(signal);
    }
    started.stdin.end();
    t.is(await text(started.stdout), 'ended\n', signal);
  }
});
