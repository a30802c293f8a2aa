import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { processRoom } from '../../../platform/node/process-room.ts';

test('a process knows how many more files it may open, and that something is left for threads', (t) => {
  const { descriptors, threads } = processRoom();
  t.true(descriptors > 0 && threads > 0);
  const file = fileURLToPath(new URL('../../../platform/node/process-room.ts', import.meta.url));
  const print = `import { processRoom } from ${JSON.stringify(file)}; console.log(processRoom().descriptors);`;
  const shell = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
  const left = Number(execFileSync('sh', ['-c', shell, process.execPath, print], { encoding: 'utf8' }));
  t.true(left > 20 && left < 64, `${left} of 64`);
});
