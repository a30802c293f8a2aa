import { spawn } from 'node:child_process';
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
